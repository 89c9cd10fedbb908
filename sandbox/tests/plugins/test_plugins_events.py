"""EventBridge rules and targets behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.cloud_harness import ACCOUNT, Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Refused, kinds, said

RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"

ANNOUNCER = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:announcer"
PATTERN = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}
ALARMS: Props = {"name": "pilot-alarms", "eventPattern": json.dumps(PATTERN)}
TO_ANNOUNCER: Props = {"rule": "pilot-alarms", "targetId": "announcer", "arn": ANNOUNCER}


@pytest.fixture
def events(cloud: Cloud) -> Any:
    return cloud.aws.client("events")


REFUSED = [
    (RULE, ALARMS | {"name": "a" * 65}, "name takes at most 64"),
    (RULE, ALARMS | {"name": "pilot alarms"}, "name must have only letters, digits and ._-"),
    (RULE, ALARMS | {"eventPattern": "{"}, "eventPattern is not JSON"),
    (RULE, ALARMS | {"eventPattern": json.dumps({"source": ["a" * 4096]})}, "eventPattern takes at most 4096"),
    (RULE, ALARMS | {"state": "ON"}, "state must be one of ENABLED, DISABLED"),
    (RULE, ALARMS | {"isEnabled": True}, "isEnabled is beyond the stand-in plug-in"),
    (RULE, ALARMS | {"roleArn": "r"}, "roleArn is not an ARN: r"),
    (RULE, {"name": "nothing"}, "eventPattern is missing: set eventPattern or scheduleExpression"),
    (TARGET, TO_ANNOUNCER | {"targetId": "a" * 65}, "targetId takes at most 64"),
    (TARGET, TO_ANNOUNCER | {"arn": "announcer"}, "arn is not an ARN: announcer"),
    (TARGET, TO_ANNOUNCER | {"input": "{}", "inputPath": "$.detail"}, "inputPath conflicts with input"),
    (TARGET, TO_ANNOUNCER | {"input": "no"}, "input is not JSON"),
    (TARGET, TO_ANNOUNCER | {"retryPolicy": {"maximumRetryAttempts": 186}}, "retryPolicy.maximumRetryAttempts must be from 0 to 185"),
    (TARGET, TO_ANNOUNCER | {"kinesisTarget": {}}, "kinesisTarget is beyond the stand-in plug-in"),
    (TARGET, {"rule": "x"}, "arn is required"),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(planner, token, inputs, reason):
    with pytest.raises(Refused) as refused:
        planner.check(token, "x", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


def test_each_type_replaces_and_updates_as_in_the_identity_table(planner):
    check_identity(
        planner,
        RULE,
        ALARMS,
        forcing={"name": "other", "eventBusName": "bus", "region": "eu-west-1"},
        updating={"description": "d", "state": "DISABLED", "scheduleExpression": "rate(1 hour)", "forceDestroy": True},
        delete_first=True,
    )
    check_identity(
        planner,
        TARGET,
        TO_ANNOUNCER,
        forcing={"rule": "other", "eventBusName": "bus", "targetId": "other"},
        updating={"arn": f"{ANNOUNCER}2", "input": "{}", "retryPolicy": {"maximumRetryAttempts": 1}},
        delete_first=True,
    )


def test_a_preview_knows_nothing_that_only_aws_can_tell(planner):
    rule = planner.preview(RULE, "alarms", ALARMS)
    target = planner.preview(TARGET, "announcer", TO_ANNOUNCER | {"arn": UNKNOWN})

    assert {name for name, value in rule.items() if value is UNKNOWN} == {"arn"}
    assert (rule["state"], rule["eventBusName"]) == ("ENABLED", "default")
    assert {name for name, value in target.items() if value is UNKNOWN} == {"arn"}


def test_a_rule_lives(engine, events):
    created = engine.create(RULE, "alarms", ALARMS | {"tags": {"team": "a"}})
    spaced = ALARMS | {"eventPattern": json.dumps(PATTERN, indent=2), "tags": {"team": "a"}}
    wanted = {"name": "pilot-alarms", "scheduleExpression": "rate(1 hour)", "state": "DISABLED", "tags": {"team": "b"}}
    updated = engine.update(created, wanted)

    assert created.id == "pilot-alarms"
    assert created.outputs["arn"] == f"arn:aws:events:us-east-1:{ACCOUNT}:rule/pilot-alarms"
    assert json.loads(created.outputs["eventPattern"]) == PATTERN
    assert kinds(engine.changes(created, spaced)) == {}, "white space means nothing"
    assert updated.outputs["eventPattern"] == ""
    assert updated.outputs["state"] == "DISABLED"
    assert events.list_tags_for_resource(ResourceARN=updated.outputs["arn"])["Tags"] == [{"Key": "team", "Value": "b"}]
    imported = engine.import_(RULE, "alarms", "pilot-alarms")
    assert imported
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_rule_named_by_its_prefix_keeps_its_name(engine, events):
    created = engine.create(RULE, "alarms", {"namePrefix": "pilot-", "scheduleExpression": "rate(1 hour)"})
    engine.update(created, {"namePrefix": "pilot-", "scheduleExpression": "rate(2 hours)"})

    rules = events.list_rules()["Rules"]
    assert [(rule["Name"], rule["ScheduleExpression"]) for rule in rules] == [(created.id, "rate(2 hours)")]
    assert created.id.startswith("pilot-")


def test_a_rule_on_a_bus_of_its_own_carries_the_bus_in_its_id(engine, events):
    events.create_event_bus(Name="rollout")
    created = engine.create(RULE, "alarms", ALARMS | {"eventBusName": "rollout"})
    target = engine.create(TARGET, "announcer", TO_ANNOUNCER | {"eventBusName": "rollout"})

    assert created.id == "rollout/pilot-alarms"
    assert target.id == "rollout-pilot-alarms-announcer"
    assert engine.import_(RULE, "alarms", created.id).outputs["eventBusName"] == "rollout"
    assert engine.import_(TARGET, "announcer", "rollout/pilot-alarms/announcer").id == target.id


def test_a_rule_with_targets_is_not_deleted(engine):
    rule = engine.create(RULE, "alarms", ALARMS)
    engine.create(TARGET, "announcer", TO_ANNOUNCER)

    with pytest.raises(grpc.RpcError) as error:
        engine.delete(rule)

    assert "DeleteRule: ValidationException: Rule can't be deleted since it has targets." in said(error.value)


def test_a_target_lives(engine, events):
    engine.create(RULE, "alarms", ALARMS)
    first = TO_ANNOUNCER | {
        "input": '{ "level": "suspended" }',
        "retryPolicy": {"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 60},
    }
    wanted = TO_ANNOUNCER | {"inputTransformer": {"inputPaths": {"a": "$.detail"}, "inputTemplate": '"<a>"'}}
    created = engine.create(TARGET, "announcer", first)
    updated = engine.update(created, wanted)

    assert created.id == "pilot-alarms-announcer"
    assert kinds(engine.changes(created, first | {"input": '{"level":"suspended"}'})) == {}
    assert updated.outputs["input"] == ""
    assert "retryPolicy" not in updated.outputs
    found = events.list_targets_by_rule(Rule="pilot-alarms")["Targets"]
    assert [target["InputTransformer"]["InputPathsMap"] for target in found] == [{"a": "$.detail"}]
    imported = engine.import_(TARGET, "announcer", "pilot-alarms/announcer")
    assert imported
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_target_of_a_rule_deleted_by_hand_is_gone(engine, events):
    engine.create(RULE, "alarms", ALARMS)
    created = engine.create(TARGET, "announcer", TO_ANNOUNCER)
    events.remove_targets(Rule="pilot-alarms", Ids=["announcer"])
    events.delete_rule(Name="pilot-alarms")

    assert engine.refresh(created) is None
    engine.delete(created)


def test_what_eventbridge_refuses_is_an_error_in_its_words(engine):
    with pytest.raises(grpc.RpcError) as no_rule:
        engine.create(TARGET, "announcer", TO_ANNOUNCER)
    with pytest.raises(grpc.RpcError) as no_schedule:
        engine.create(RULE, "alarms", {"name": "x", "scheduleExpression": "hourly"})
    engine.create(RULE, "alarms", ALARMS)
    for number in range(5):
        engine.create(TARGET, f"t{number}", TO_ANNOUNCER | {"targetId": f"t{number}"})
    with pytest.raises(grpc.RpcError) as too_many:
        engine.create(TARGET, "sixth", TO_ANNOUNCER)

    assert "PutTargets: ResourceNotFoundException: Rule pilot-alarms does not exist on EventBus default." in said(
        no_rule.value
    )
    assert "PutRule: ValidationException: Parameter ScheduleExpression is not valid." in said(no_schedule.value)
    assert "PutTargets: LimitExceededException" in said(too_many.value)


def test_rules_and_targets_survive_a_restart(tmp_path):
    with plugged(tmp_path) as cloud:
        made = [cloud.engine.create(RULE, "alarms", ALARMS), cloud.engine.create(TARGET, "announcer", TO_ANNOUNCER)]
    with plugged(tmp_path) as cloud:
        found = [cloud.engine.refresh(resource) for resource in made]

    assert [resource and resource.outputs for resource in found] == [resource.outputs for resource in made]
