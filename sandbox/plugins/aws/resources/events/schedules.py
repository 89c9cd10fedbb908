"""EventBridge Scheduler's schedules that call one function each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code, says
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import arn, between, every, length, matches, model, one_of, unsupported
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.plugins.framework.waiting import retry

_NAME = matches(r"[0-9A-Za-z_.-]{1,64}", "be up to 64 letters, digits and _.-")
_EXPRESSION = every(
    length(1, 256),
    matches(
        r"rate\([1-9]\d* (minute|hour|day)s?\)|cron\((\S+ ){5}\S+\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)",
        "be rate(1 day), cron(0 6 * * ? *) or at(2026-11-23T12:00:00)",
    ),
)
_TARGETS_OF_OTHERS = ("ecsParameters", "eventbridgeParameters", "kinesisParameters", "sagemakerPipelineParameters")


def _scheduler(call: Call[Aws]) -> Any:
    return call.cloud.client("scheduler", call.region)


def _place(call: Call[Aws]) -> dict[str, str]:
    group, _, name = call.id.partition("/")
    return {"GroupName": group, "Name": name}


def _wanted(new: Props) -> Props:
    target, window = new["target"], new["flexibleTimeWindow"]
    retries: Props = target.get("retryPolicy") or {}
    built = {
        "Arn": target["arn"],
        "RoleArn": target["roleArn"],
        "Input": target.get("input"),
        "RetryPolicy": {
            "MaximumEventAgeInSeconds": int(retries.get("maximumEventAgeInSeconds", 86_400)),
            "MaximumRetryAttempts": int(retries.get("maximumRetryAttempts", 185)),
        },
        "DeadLetterConfig": {"Arn": target["deadLetterConfig"]["arn"]} if target.get("deadLetterConfig") else None,
    }
    minutes = window.get("maximumWindowInMinutes")
    return {
        "ScheduleExpression": new["scheduleExpression"],
        "ScheduleExpressionTimezone": new.get("scheduleExpressionTimezone", "UTC"),
        "State": new.get("state", "ENABLED"),
        "Description": new.get("description", ""),
        "FlexibleTimeWindow": {"Mode": window["mode"], **({"MaximumWindowInMinutes": int(minutes)} if minutes else {})},
        "Target": {key: value for key, value in built.items() if value is not None},
    }


def _once_the_role_is_known(put: Any) -> None:
    retry(
        put,
        lambda error: says(error, "ValidationException", "must allow AWS EventBridge Scheduler to assume the role"),
        seconds=PROPAGATION_SECONDS,
    )


def _create(call: Call[Aws]) -> str:
    place = {"GroupName": call.new.get("groupName", "default"), "Name": prefixed(call.new)}
    _once_the_role_is_known(lambda: _scheduler(call).create_schedule(**place, **_wanted(call.new)))
    call.id = f"{place['GroupName']}/{place['Name']}"
    return call.id


def _read(call: Call[Aws]) -> Props | None:
    try:
        found = _scheduler(call).get_schedule(**_place(call))
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise
    target, window = found["Target"], found["FlexibleTimeWindow"]
    retries = target.get("RetryPolicy", {})
    return {
        "arn": found["Arn"],
        "name": found["Name"],
        "groupName": found["GroupName"],
        "scheduleExpression": found["ScheduleExpression"],
        "scheduleExpressionTimezone": found.get("ScheduleExpressionTimezone") or "UTC",
        "state": found.get("State", "ENABLED"),
        "description": found.get("Description", ""),
        "flexibleTimeWindow": {
            "mode": window["Mode"],
            **({"maximumWindowInMinutes": m} if (m := window.get("MaximumWindowInMinutes")) else {}),
        },
        "target": {
            "arn": target["Arn"],
            "roleArn": target["RoleArn"],
            **({"input": target["Input"]} if target.get("Input") else {}),
            **({"deadLetterConfig": {"arn": dead["Arn"]}} if (dead := target.get("DeadLetterConfig")) else {}),
            "retryPolicy": {
                "maximumEventAgeInSeconds": retries.get("MaximumEventAgeInSeconds", 86_400),
                "maximumRetryAttempts": retries.get("MaximumRetryAttempts", 185),
            },
        },
        "region": call.region or call.cloud.region,
    }


def _update(call: Call[Aws]) -> None:
    """The whole of it, as the API wants."""
    _once_the_role_is_known(lambda: _scheduler(call).update_schedule(**_place(call), **_wanted(call.new)))


def _delete(call: Call[Aws]) -> None:
    try:
        _scheduler(call).delete_schedule(**_place(call))
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise


def _rules(inputs: Props) -> Iterable[Failure]:
    window = inputs.get("flexibleTimeWindow")
    if isinstance(window, dict) and window.get("mode") is not UNKNOWN:
        flexible, minutes = window.get("mode") == "FLEXIBLE", "maximumWindowInMinutes" in window
        if flexible != minutes:
            yield Failure("flexibleTimeWindow", "maximumWindowInMinutes goes with mode FLEXIBLE, and with no other")


ENTRIES = (
    Entry(
        token="aws:scheduler/schedule:Schedule",
        replaces=("name", "namePrefix", "groupName"),
        autoname=AutoName(longest=64),
        defaults={"scheduleExpressionTimezone": "UTC", "state": "ENABLED"},
        computed=("groupName",),
        checks={
            "name": _NAME,
            "groupName": _NAME,
            "scheduleExpression": _EXPRESSION,
            "scheduleExpressionTimezone": length(1, 50),
            "state": one_of("ENABLED", "DISABLED"),
            "description": length(0, 512),
            "flexibleTimeWindow.mode": one_of("OFF", "FLEXIBLE"),
            "flexibleTimeWindow.maximumWindowInMinutes": between(1, 1440),
            "target.arn": arn,
            "target.roleArn": every(arn, model("scheduler", "CreateSchedule", "Target.RoleArn")),
            "target.retryPolicy.maximumEventAgeInSeconds": between(60, 86_400),
            "target.retryPolicy.maximumRetryAttempts": between(0, 185),
            **{f"target.{name}": unsupported for name in (*_TARGETS_OF_OTHERS, "sqsParameters")},
            **dict.fromkeys(("kmsKeyArn", "startDate", "endDate", "actionAfterCompletion"), unsupported),
        },
        rules=(_rules,),
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
