"""Topics, topic policies and subscriptions behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from sandbox.plugins.framework.values import UNKNOWN, Props, Secret
from sandbox.tests.cloud_harness import ACCOUNT, Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Refused, kinds, said

TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"

ALERTS = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/feedback"
POLICY: Props = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]},
            "Action": "sns:Publish",
            "Resource": ALERTS,
        }
    ],
}
MAIL: Props = {"topic": ALERTS, "protocol": "email", "endpoint": "lead@acme.example"}


@pytest.fixture
def sns(cloud: Cloud) -> Any:
    return cloud.aws.client("sns")


REFUSED = [
    (TOPIC, {"name": "a b"}, "name must be up to 256 letters, digits, hyphens and underscores: a b"),
    (TOPIC, {"name": "a" * 257}, "name must be up to 256 letters"),
    (TOPIC, {"name": "alerts", "fifoTopic": True}, "name must be up to 256 letters, digits, hyphens and underscores, and end with .fifo"),
    (TOPIC, {"name": "alerts.fifo"}, "name must be up to 256 letters"),
    (TOPIC, {"policy": "{"}, "policy is not JSON"),
    (TOPIC, {"contentBasedDeduplication": True}, "contentBasedDeduplication is for FIFO topics only"),
    (TOPIC, {"archivePolicy": "{}"}, "archivePolicy is for FIFO topics only"),
    (TOPIC, {"signatureVersion": 3}, "signatureVersion must be from 1 to 2: 3"),
    (TOPIC, {"sqsSuccessFeedbackSampleRate": 101}, "sqsSuccessFeedbackSampleRate must be from 0 to 100"),
    (TOPIC, {"httpFailureFeedbackRoleArn": "feedback"}, "httpFailureFeedbackRoleArn is not an ARN: feedback"),
    (TOPIC, {"tracingConfig": "On"}, "tracingConfig must be one of Active, PassThrough: On"),
    (TOPIC, {"maximumMessageSize": 1024}, "maximumMessageSize is beyond the stand-in plug-in"),
    (TOPIC, {"topicName": "x"}, "topicName is not an input of this type"),
    (TOPIC_POLICY, {"arn": ALERTS}, "policy is required"),
    (TOPIC_POLICY, {"arn": "alerts", "policy": "{}"}, "arn is not an ARN: alerts"),
    (SUBSCRIPTION, {"topic": ALERTS, "protocol": "slack", "endpoint": "x"}, "protocol must be one of application, email"),
    (SUBSCRIPTION, MAIL | {"filterPolicy": "no"}, "filterPolicy is not JSON"),
    (SUBSCRIPTION, MAIL | {"filterPolicyScope": "MessageBody"}, "filterPolicyScope needs a filter: set filterPolicy"),
    (SUBSCRIPTION, MAIL | {"topic": "alerts"}, "topic is not an ARN: alerts"),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(planner, token, inputs, reason):
    with pytest.raises(Refused) as refused:
        planner.check(token, "alerts", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


IDENTITY = [
    (
        TOPIC,
        {"name": "alerts"},
        {"name": "other", "region": "eu-west-1"},
        {"displayName": "Alerts", "policy": json.dumps(POLICY), "signatureVersion": 2, "kmsMasterKeyId": "alias/sns"},
        True,
    ),
    (TOPIC_POLICY, {"arn": ALERTS, "policy": POLICY}, {"arn": f"{ALERTS}2"}, {"policy": "{}"}, False),
    (
        SUBSCRIPTION,
        MAIL,
        {"topic": f"{ALERTS}2", "protocol": "email-json", "endpoint": "other@acme.example"},
        {"filterPolicy": '{"level":["suspended"]}', "rawMessageDelivery": True, "redrivePolicy": "{}"},
        False,
    ),
]


@pytest.mark.parametrize(("token", "inputs", "forcing", "updating", "delete_first"), IDENTITY)
def test_each_type_replaces_and_updates_as_in_the_identity_table(
    planner, token, inputs, forcing, updating, delete_first
):
    check_identity(planner, token, inputs, forcing=forcing, updating=updating, delete_first=delete_first)


def test_a_preview_knows_nothing_that_only_aws_can_tell(planner):
    topic = planner.preview(TOPIC, "alerts", {"name": "alerts"})
    mail = planner.preview(SUBSCRIPTION, "mail", MAIL | {"topic": UNKNOWN})

    assert {name for name, value in topic.items() if value is UNKNOWN} == {
        *("arn", "owner", "beginningArchiveTime"),
        *("policy", "signatureVersion", "tracingConfig", "fifoThroughputScope"),
    }
    assert {name for name, value in mail.items() if value is UNKNOWN} == {
        *("arn", "ownerId", "pendingConfirmation", "confirmationWasAuthenticated"),
        *("filterPolicyScope", "topic"),
    }


def test_a_topic_named_by_the_engine_fits_its_kind(planner):
    assert planner.check(TOPIC, "alerts", {})["name"].startswith("alerts-")
    assert planner.check(TOPIC, "alerts", {"fifoTopic": True})["name"].endswith(".fifo")
    with pytest.raises(Refused):
        planner.check(TOPIC, "a" * 80, {})


def test_a_topic_lives(engine, sns):
    created = engine.create(TOPIC, "alerts", {"name": "alerts", "displayName": "Alerts", "tags": {"team": "a"}})
    wanted = {
        "name": "alerts",
        "signatureVersion": 2,
        "lambdaFailureFeedbackRoleArn": ROLE,
        "lambdaSuccessFeedbackSampleRate": 50,
        "tags": {"owner": "it"},
    }
    updated = engine.update(created, wanted)

    assert created.id == created.outputs["arn"] == ALERTS
    assert created.outputs["displayName"] == "Alerts"
    assert created.outputs["owner"] == ACCOUNT
    assert json.loads(created.outputs["policy"])["Id"] == "__default_policy_ID"
    assert updated.outputs["displayName"] == ""
    assert updated.outputs["lambdaFailureFeedbackRoleArn"] == ROLE
    assert (updated.outputs["signatureVersion"], updated.outputs["lambdaSuccessFeedbackSampleRate"]) == (2, 50)
    assert sns.list_tags_for_resource(ResourceArn=ALERTS)["Tags"] == [{"Key": "owner", "Value": "it"}]
    imported = engine.import_(TOPIC, "alerts", ALERTS)
    assert imported
    assert imported.outputs["name"] == "alerts"
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_fifo_topic_says_so(engine):
    created = engine.create(TOPIC, "t", {"name": "t.fifo", "fifoTopic": True, "contentBasedDeduplication": True})

    assert created.outputs["fifoTopic"] is True
    assert created.outputs["contentBasedDeduplication"] is True
    assert kinds(engine.changes(created, {"name": "t.fifo", "fifoTopic": True})) == {
        "contentBasedDeduplication": "UPDATE"
    }


def test_a_topic_that_exists_is_an_error(engine, sns):
    sns.create_topic(Name="alerts")

    with pytest.raises(grpc.RpcError) as error:
        engine.create(TOPIC, "alerts", {"name": "alerts"})

    assert said(error.value) == f"SNS topic already exists: {ALERTS}: import it, or choose another name"


def test_a_topic_deleted_by_hand_is_gone(engine, sns):
    created = engine.create(TOPIC, "alerts", {"name": "alerts"})
    sns.delete_topic(TopicArn=ALERTS)

    assert engine.refresh(created) is None


def test_a_topics_policy_lives_and_leaves_the_default_behind(engine, sns):
    topic = engine.create(TOPIC, "alerts", {"name": "alerts"})
    created = engine.create(TOPIC_POLICY, "alerts", {"arn": ALERTS, "policy": POLICY})

    assert created.id == ALERTS
    assert json.loads(created.outputs["policy"]) == POLICY
    assert created.outputs["owner"] == ACCOUNT
    refreshed = engine.refresh(topic)
    assert refreshed
    assert kinds(engine.changes(refreshed, {"name": "alerts"})) == {}, "the topic has no policy of its own"
    reordered = json.loads(json.dumps(POLICY))
    reordered["Statement"][0]["Principal"]["Service"].reverse()
    assert kinds(engine.changes(created, {"arn": ALERTS, "policy": reordered})) == {}, "order means nothing"
    assert engine.import_(TOPIC_POLICY, "alerts", ALERTS)
    engine.delete(created)
    left = json.loads(sns.get_topic_attributes(TopicArn=ALERTS)["Attributes"]["Policy"])
    assert left["Statement"][0]["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}
    engine.delete(topic)
    engine.delete(created)
    assert engine.refresh(created) is None


def test_a_policy_about_another_topic_is_refused_by_aws(engine):
    engine.create(TOPIC, "other", {"name": "other"})

    with pytest.raises(grpc.RpcError) as error:
        engine.create(TOPIC_POLICY, "p", {"arn": ALERTS.replace("alerts", "other"), "policy": POLICY})

    assert "SetTopicAttributes: InvalidParameter: Invalid parameter: Policy statement resource" in said(error.value)


def test_a_mail_subscription_waits_for_a_person_and_cannot_be_removed_before(engine, sns):
    engine.create(TOPIC, "alerts", {"name": "alerts"})
    created = engine.create(SUBSCRIPTION, "lead", MAIL)

    assert created.id.startswith(f"{ALERTS}:")
    assert created.outputs["pendingConfirmation"] is True
    engine.delete(created)
    assert engine.refresh(created), "AWS drops it later"
    sns.confirm_subscription(TopicArn=ALERTS, Token=created.id.rsplit(":", 1)[1])
    confirmed = engine.refresh(created)
    assert confirmed
    assert confirmed.outputs["pendingConfirmation"] is False
    assert kinds(engine.changes(confirmed, MAIL)) == {}
    engine.delete(confirmed)
    engine.delete(confirmed)
    assert engine.refresh(confirmed) is None


def test_a_subscription_changes_its_filter_and_its_scope_in_the_order_sns_wants(engine):
    engine.create(TOPIC, "alerts", {"name": "alerts"})
    queue = {"topic": ALERTS, "protocol": "sqs", "endpoint": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"}
    nested = queue | {"filterPolicy": '{"a": {"b": ["c"]}}', "filterPolicyScope": "MessageBody"}

    created = engine.create(SUBSCRIPTION, "q", queue | {"filterPolicy": '{"level": ["a"]}'})
    body = engine.update(created, nested)
    flat = engine.update(body, queue | {"filterPolicy": '{"x":["y"]}', "filterPolicyScope": "MessageAttributes"})
    none = engine.update(flat, queue | {"rawMessageDelivery": True})

    assert created.outputs["filterPolicyScope"] == "MessageAttributes"
    assert body.outputs["filterPolicyScope"] == "MessageBody"
    assert flat.outputs["filterPolicyScope"] == "MessageAttributes"
    assert kinds(engine.changes(flat, queue | {"filterPolicy": '{ "x": ["y"] }'})) == {}
    assert none.outputs["filterPolicy"] == ""
    assert none.outputs["rawMessageDelivery"] is True
    assert kinds(engine.changes(none, queue | {"rawMessageDelivery": True})) == {}
    imported = engine.import_(SUBSCRIPTION, "q", created.id)
    assert imported
    assert imported.inputs["endpoint"] == queue["endpoint"]


def test_an_endpoint_that_should_confirm_by_itself_and_does_not_is_an_error(engine):
    engine.create(TOPIC, "alerts", {"name": "alerts"})
    hook = {"topic": ALERTS, "protocol": "https", "endpoint": "https://hook.example/x"}

    assert engine.create(SUBSCRIPTION, "slow", hook).outputs["pendingConfirmation"] is True
    with pytest.raises(grpc.RpcError) as error:
        engine.create(SUBSCRIPTION, "quick", hook | {"endpointAutoConfirms": True})

    assert "timed out after 60 s waiting for subscription" in said(error.value)


@pytest.mark.parametrize(
    ("protocol", "endpoint", "reason"),
    [("email", "lead", "Email address"), ("https", "http://x", "must match the specified protocol"), ("lambda", "f", "Lambda endpoint ARN")],
)  # fmt: skip
def test_an_endpoint_of_another_kind_is_refused_by_aws(engine, protocol, endpoint, reason):
    engine.create(TOPIC, "alerts", {"name": "alerts"})

    with pytest.raises(grpc.RpcError) as error:
        engine.create(SUBSCRIPTION, "s", {"topic": ALERTS, "protocol": protocol, "endpoint": endpoint})

    assert f"Subscribe: InvalidParameter: Invalid parameter: {reason}" in said(error.value) or reason in said(
        error.value
    )


def test_a_secret_endpoint_stays_secret(engine):
    engine.create(TOPIC, "alerts", {"name": "alerts"})

    created = engine.create(
        SUBSCRIPTION, "hook", {"topic": ALERTS, "protocol": "https", "endpoint": Secret("https://h")}
    )

    assert created.outputs["endpoint"] == Secret("https://h")


def test_topics_and_waiting_subscriptions_survive_a_restart(tmp_path):
    with plugged(tmp_path) as cloud:
        cloud.engine.create(TOPIC, "alerts", {"name": "alerts", "tracingConfig": "Active"})
        created = cloud.engine.create(SUBSCRIPTION, "lead", MAIL)
    with plugged(tmp_path) as cloud:
        topic = cloud.engine.import_(TOPIC, "alerts", ALERTS)
        found = cloud.engine.refresh(created)

    assert topic
    assert topic.outputs["tracingConfig"] == "Active"
    assert found
    assert found.outputs == created.outputs
