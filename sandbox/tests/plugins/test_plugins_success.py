"""Schedules and parameters behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import grpc
import pytest

from sandbox.plugins.framework.values import Props
from sandbox.tests.cloud_harness import Cloud, check_identity
from sandbox.tests.plugins.plugin_harness import Engine, Refused, kinds, said

PARAMETER, SCHEDULE = "aws:ssm/parameter:Parameter", "aws:scheduler/schedule:Schedule"
BY_PATH = "aws:ssm/getParametersByPath:getParametersByPath"
GATE: Props = {"name": "/claude-code/success/gates/wave2", "type": "String", "insecureValue": "{}", "tags": {"a": "b"}}
DAILY: Props = {
    "name": "claude-code-delivery",
    "scheduleExpression": "cron(0 5 * * ? *)",
    "flexibleTimeWindow": {"mode": "FLEXIBLE", "maximumWindowInMinutes": 60},
    "target": {
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:claude-code-delivery",
        "roleArn": "arn:aws:iam::123456789012:role/claude-code-delivery-schedule",
        "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 3},
    },
}


@pytest.mark.parametrize(
    ("token", "inputs", "reason"),
    [
        (PARAMETER, GATE | {"name": "claude code"}, "name must be letters, digits"),
        (PARAMETER, GATE | {"type": "Text"}, "type must be one of String, StringList"),
        (PARAMETER, GATE | {"type": "SecureString"}, "type must be one of String, StringList"),
        (PARAMETER, GATE | {"value": "x"}, "value is beyond the stand-in plug-in"),
        (PARAMETER, GATE | {"insecureValue": "x" * 4097}, "insecureValue takes at most 4096 characters, has 4097"),
        (PARAMETER, {"name": "x", "type": "String"}, "insecureValue is required"),
        (SCHEDULE, DAILY | {"name": "a" * 65}, "name must be up to 64 letters"),
        (SCHEDULE, DAILY | {"scheduleExpression": "daily"}, "scheduleExpression must be rate(1 day)"),
        (SCHEDULE, DAILY | {"flexibleTimeWindow": {"mode": "OFF", "maximumWindowInMinutes": 5}}, "goes with mode FLEXIBLE"),
        (SCHEDULE, DAILY | {"target": {**DAILY["target"], "roleArn": "arn:aws:iam::123456789012:user/x"}}, "must match"),
        (SCHEDULE, DAILY | {"startDate": "2026-11-25T00:00:00Z"}, "startDate is beyond the stand-in plug-in"),
    ],
)  # fmt: skip
def test_values_the_provider_refuses_are_refused_before_any_call(
    planner: Engine, token: str, inputs: Props, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        planner.check(token, "x", inputs)
    assert any(reason in failure for failure in refused.value.failures.values()), refused.value.failures


def test_what_replaces_and_what_is_changed_in_place(planner: Engine) -> None:
    check_identity(
        planner,
        PARAMETER,
        GATE,
        forcing={"name": "/other"},
        updating={"insecureValue": "[]", "description": "x"},
        delete_first=True,
    )
    check_identity(
        planner,
        SCHEDULE,
        DAILY,
        forcing={"name": "other"},
        updating={"scheduleExpression": "rate(1 day)", "state": "DISABLED"},
        delete_first=True,
    )


def test_a_parameter_is_made_read_changed_and_deleted(cloud: Cloud) -> None:
    engine = cloud.engine
    made = engine.create(PARAMETER, "gate", GATE)
    with pytest.raises(grpc.RpcError) as refused:
        engine.create(PARAMETER, "again", GATE)
    assert "ParameterAlreadyExists" in said(refused.value)
    changed = engine.update(made, GATE | {"insecureValue": "[1]", "tags": {"c": "d"}})
    assert changed.outputs["insecureValue"] == "[1]"
    assert changed.outputs["version"] == 2
    assert changed.outputs["tags"] == {"c": "d"}
    found = engine.refresh(changed)
    assert found
    assert not kinds(engine.changes(found, GATE | {"insecureValue": "[1]", "tags": {"c": "d"}}))
    engine.delete(found)
    assert engine.refresh(found) is None
    engine.delete(found)


def test_parameters_below_a_path_are_read_in_one_answer_and_none_is_no_error(cloud: Cloud) -> None:
    asked = {"path": "/claude-code/success", "recursive": True, "withDecryption": False}
    assert cloud.engine.invoke(BY_PATH, **asked)["names"] == []
    for number in range(12):  # more than a page
        cloud.aws.client("ssm").put_parameter(Name=f"/claude-code/success/weeks/w{number}", Type="String", Value="[]")
    cloud.aws.client("ssm").put_parameter(Name="/claude-code/other", Type="String", Value="[]")
    found = cloud.engine.invoke(BY_PATH, **asked)
    assert sorted(found["names"]) == sorted(f"/claude-code/success/weeks/w{number}" for number in range(12))
    assert found["values"] == ["[]"] * 12


def test_a_schedule_is_made_read_changed_and_deleted(cloud: Cloud) -> None:
    engine = cloud.engine
    made = engine.create(SCHEDULE, "daily", DAILY)
    assert made.id == "default/claude-code-delivery"
    there = cloud.aws.client("scheduler").get_schedule(Name="claude-code-delivery")
    assert there["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 60}
    assert there["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 3}
    changed = engine.update(made, DAILY | {"scheduleExpression": "rate(1 day)"})
    found = engine.refresh(changed)
    assert found
    assert found.outputs["scheduleExpression"] == "rate(1 day)"
    assert not kinds(engine.changes(found, DAILY | {"scheduleExpression": "rate(1 day)"}))
    engine.delete(found)
    assert engine.refresh(found) is None
