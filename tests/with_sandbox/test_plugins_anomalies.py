"""Monitors of unusual cost and their subscriptions behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from rollout.account import Account
from rollout.notices.documents import topic_policy
from sandbox.plugins.framework.values import Props
from sandbox.settings import ACCOUNT_ID, REGION
from sandbox.tests.cloud_harness import Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Engine, Refused, kinds, said

MONITOR = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
SUBSCRIPTION = "aws:costexplorer/anomalySubscription:AnomalySubscription"
HERE = Account(ACCOUNT_ID, REGION)
TOPIC = HERE.topic_arn("finance")
NO_MONITOR = f"arn:aws:ce::{ACCOUNT_ID}:anomalymonitor/gone"
SERVICES: Props = {"name": "claude-code-anomalies", "monitorType": "DIMENSIONAL", "monitorDimension": "SERVICE"}
TAGGED = {"Tags": {"Key": "organization", "MatchOptions": None, "Values": ["acme"]}, "Dimensions": None}
OWN: Props = {"name": "acme", "monitorType": "CUSTOM", "monitorSpecification": json.dumps(TAGGED)}


def impact(amount: str, **changes: Any) -> Props:
    said = {"key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "matchOptions": ["GREATER_THAN_OR_EQUAL"], "values": [amount]}
    return {"dimension": said | changes}


def told(monitor: str, **changes: Any) -> Props:
    return {
        "name": "claude-code-anomalies",
        "frequency": "IMMEDIATE",
        "monitorArnLists": [monitor],
        "subscribers": [{"type": "SNS", "address": TOPIC}],
        "thresholdExpression": impact("50"),
    } | changes


@pytest.fixture
def explorer(cloud: Cloud) -> Any:
    """With finance's topic, and what the component lets in."""
    sns = cloud.aws.client("sns")
    sns.create_topic(Name=TOPIC.rpartition(":")[2])
    allowed = json.dumps(topic_policy(HERE, "finance"))
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=allowed)
    return cloud.aws.client("ce")


def test_a_monitor_of_all_services_lives_and_an_account_has_one(engine: Engine, explorer: Any) -> None:
    made = engine.create(MONITOR, "x", SERVICES | {"tags": {"organization": "acme"}})
    assert made.id.startswith(f"arn:aws:ce::{ACCOUNT_ID}:anomalymonitor/")
    assert made.outputs["arn"] == made.id
    assert kinds(engine.changes(made, SERVICES | {"tags": {"organization": "acme"}})) == {}
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(MONITOR, "y", SERVICES | {"name": "another"})
    assert "Limit exceeded on dimensional spend monitor creation" in said(refused.value)
    changed = engine.update(made, SERVICES | {"name": "renamed"})
    [found] = explorer.get_anomaly_monitors()["AnomalyMonitors"]
    assert (found["MonitorName"], found["MonitorDimension"]) == ("renamed", "SERVICE")
    assert explorer.list_tags_for_resource(ResourceArn=made.id)["ResourceTags"] == []
    imported = engine.import_(MONITOR, "x", made.id)
    assert imported
    assert kinds(engine.changes(imported, SERVICES | {"name": "renamed"})) == {}
    engine.delete(changed)
    engine.delete(changed)
    assert engine.refresh(changed) is None


@pytest.mark.parametrize(
    ("selects", "reason"),
    [
        ({"Dimensions": {"Key": "SERVICE", "Values": ["Amazon Bedrock"]}}, "no dimension but LINKED_ACCOUNT: SERVICE"),
        ({"Tags": {"Key": "organization", "Values": []}}, "1 to 10 values of Tags"),
        ({"Not": {"Tags": {"Key": "organization", "Values": ["acme"]}}}, "one of Dimensions, Tags and CostCategories"),
    ],
)
@pytest.mark.usefixtures("explorer")
def test_nobody_can_watch_a_single_service(engine: Engine, selects: Props, reason: str) -> None:
    assert engine.create(MONITOR, "own", OWN).outputs["monitorSpecification"] == OWN["monitorSpecification"]
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(MONITOR, "x", OWN | {"monitorSpecification": json.dumps(selects)})
    assert reason in said(refused.value)


def test_a_subscription_lives(engine: Engine, explorer: Any) -> None:
    monitor = engine.create(MONITOR, "m", SERVICES).id
    made = engine.create(SUBSCRIPTION, "x", told(monitor, tags={"organization": "acme"}))
    assert made.outputs["accountId"] == ACCOUNT_ID
    assert kinds(engine.changes(made, told(monitor, tags={"organization": "acme"}))) == {}
    wanted = told(monitor, thresholdExpression=impact("75"))
    assert not engine.changes(made, wanted).replaces
    changed = engine.update(made, wanted)
    [found] = explorer.get_anomaly_subscriptions(MonitorArn=monitor)["AnomalySubscriptions"]
    assert found["ThresholdExpression"]["Dimensions"]["Values"] == ["75"]
    assert found["Subscribers"] == [{"Type": "SNS", "Address": TOPIC}]
    assert explorer.list_tags_for_resource(ResourceArn=made.id)["ResourceTags"] == []
    imported = engine.import_(SUBSCRIPTION, "x", made.id)
    assert imported
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(changed)
    assert engine.refresh(changed) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"monitorArnLists": [NO_MONITOR]}, "UnknownMonitorException"),
        ({"frequency": "DAILY"}, "DAILY notifications are sent by EMAIL alone"),
        (
            {"subscribers": [{"type": "EMAIL", "address": "cfo@acme.example"}]},
            "IMMEDIATE notifications are sent by SNS",
        ),
        ({"subscribers": [{"type": "SNS", "address": HERE.topic_arn("security")}]}, "may not publish to the topic"),
        ({"thresholdExpression": None}, "Threshold and ThresholdExpression cannot both be null"),
        ({"thresholdExpression": impact("50", key="SERVICE")}, "no dimension but ANOMALY_TOTAL_IMPACT_ABSOLUTE"),
        ({"thresholdExpression": impact("50", matchOptions=["EQUALS"])}, "no match option but GREATER_THAN_OR_EQUAL"),
        ({"thresholdExpression": impact("fifty")}, "one number from 0 to 10,000,000,000"),
    ],
)
def test_aws_refuses_what_it_could_not_tell_anybody(
    engine: Engine, explorer: Any, cloud: Cloud, changes: Props, reason: str
) -> None:
    cloud.aws.client("sns").create_topic(Name=HERE.topic_arn("security").rpartition(":")[2])
    monitor = engine.create(MONITOR, "m", SERVICES).id
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(SUBSCRIPTION, "x", told(monitor, **changes))
    assert reason in said(refused.value)
    assert explorer.get_anomaly_subscriptions()["AnomalySubscriptions"] == []


@pytest.mark.parametrize(
    ("token", "inputs", "reason"),
    [
        (MONITOR, SERVICES | {"monitorType": "SERVICE"}, "monitorType must be one of DIMENSIONAL, CUSTOM"),
        (MONITOR, {"monitorType": "CUSTOM"}, "monitorSpecification is needed where monitorType is CUSTOM"),
        (MONITOR, OWN | {"monitorDimension": "SERVICE"}, "monitorDimension conflicts with monitorSpecification"),
        (SUBSCRIPTION, told("claude"), "monitorArnLists is not an ARN"),
        (SUBSCRIPTION, told(NO_MONITOR, frequency="HOURLY"), "frequency must be one of DAILY, IMMEDIATE, WEEKLY"),
        (SUBSCRIPTION, told(NO_MONITOR, thresholdExpression={"not": impact("1")}), "not is no part of a threshold"),
    ],
)
def test_values_the_provider_refuses_are_refused_before_any_call(
    planner: Engine, token: str, inputs: Props, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        planner.check(token, "x", inputs)
    assert any(reason in failure for failure in refused.value.failures.values())


def test_both_replace_and_update_as_in_the_identity_table(planner: Engine) -> None:
    check_identity(
        planner,
        MONITOR,
        SERVICES,
        forcing={"monitorDimension": "LINKED_ACCOUNT"},
        updating={"name": "renamed"},
        delete_first=True,
    )
    check_identity(
        planner,
        SUBSCRIPTION,
        told(NO_MONITOR),
        forcing={"name": "renamed", "accountId": "210987654321"},
        updating={"frequency": "DAILY", "thresholdExpression": impact("75"), "monitorArnLists": [f"{NO_MONITOR}2"]},
        delete_first=True,
    )


def test_monitors_survive_a_restart(tmp_path: Any) -> None:
    with plugged(tmp_path) as cloud:
        made = cloud.engine.create(MONITOR, "x", SERVICES | {"tags": {"team": "a"}})
    with plugged(tmp_path) as cloud:
        found = cloud.engine.refresh(made)
    assert found
    assert found.outputs == made.outputs
