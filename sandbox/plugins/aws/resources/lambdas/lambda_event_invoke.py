"""What Lambda does with an asynchronous invocation that fails: how often it tries again, and who gets it then."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.framework.constraints import arn, between, matches
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry

_ROLE_SECONDS = 300
_SIDES = (("onFailure", "OnFailure"), ("onSuccess", "OnSuccess"))


def _lambda(call: Call[Aws]) -> Any:
    return call.cloud.client("lambda", call.region)


def _named(id_: str) -> Props:
    """`function`, or `function:qualifier`; a function given by its ARN keeps it."""
    before, name, after = id_.rpartition(":function:")
    function, _, qualifier = after.partition(":")
    return {"FunctionName": before + name + function, **({"Qualifier": qualifier} if qualifier else {})}


def _id(props: Props) -> str:
    return ":".join(filter(None, (props["functionName"], props.get("qualifier"))))


def _put(call: Call[Aws]) -> str:
    """Lambda looks at once whether the function's role may send there, which IAM may not know yet."""
    new = call.new
    config: Props = new.get("destinationConfig") or {}
    wanted: Props = {
        **_named(_id(new)),
        "MaximumRetryAttempts": new["maximumRetryAttempts"],
        "DestinationConfig": {
            theirs: {"Destination": config[ours]["destination"]} for ours, theirs in _SIDES if config.get(ours)
        },
    }
    if new.get("maximumEventAgeInSeconds"):
        wanted["MaximumEventAgeInSeconds"] = new["maximumEventAgeInSeconds"]
    retry(
        lambda: _lambda(call).put_function_event_invoke_config(**wanted),
        lambda error: says(
            error, "InvalidParameterValueException", "cannot be assumed", "does not have permissions", "ensure the role"
        ),
        seconds=_ROLE_SECONDS,
    )
    return _id(new)


def _update(call: Call[Aws]) -> None:
    _put(call)


def _read(call: Call[Aws]) -> Props | None:
    try:
        found = _lambda(call).get_function_event_invoke_config(**_named(call.id))
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise
    given = found.get("DestinationConfig") or {}
    config = {
        ours: {"destination": given[theirs]["Destination"]}
        for ours, theirs in _SIDES
        if (given.get(theirs) or {}).get("Destination")
    }
    function = call.old.get("functionName") or _named(call.id)["FunctionName"]
    return {
        "functionName": function,
        "qualifier": call.old.get("qualifier") or _named(call.id).get("Qualifier"),
        "maximumRetryAttempts": found.get("MaximumRetryAttempts", 2),
        "maximumEventAgeInSeconds": found.get("MaximumEventAgeInSeconds", 0),
        "destinationConfig": config or None,
        "region": call.region or call.cloud.region,
    }


def _delete(call: Call[Aws]) -> None:
    try:
        _lambda(call).delete_function_event_invoke_config(**_named(call.id))
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise


ENTRIES = (
    Entry(
        token="aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        replaces=("functionName", "qualifier"),
        defaults={"maximumRetryAttempts": 2},
        computed=("maximumEventAgeInSeconds",),
        checks={
            "functionName": matches(
                r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[a-zA-Z0-9_-]{1,64}", "name a function"
            ),
            "maximumRetryAttempts": between(0, 2),
            "maximumEventAgeInSeconds": between(60, 21_600),
            "destinationConfig.onFailure.destination": arn,
            "destinationConfig.onSuccess.destination": arn,
        },
        create=_put,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
