"""Where EventBridge's rules lead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.aws.policies import same_json
from sandbox.plugins.framework.constraints import (
    arn,
    between,
    every,
    json_text,
    length,
    matches,
    unsupported,
)
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import Props

_DEFAULT_BUS = "default"


def _events(call: Call[Aws]) -> Any:
    return call.cloud.client("events", call.region)


def _gone(error: Exception) -> bool:
    return code(error) == "ResourceNotFoundException"


def _put_target(call: Call[Aws]) -> str:
    new = call.new
    wanted: Props = {
        "Id": new["targetId"],
        "Arn": new["arn"],
        "RoleArn": new.get("roleArn"),
        "Input": new.get("input"),
        "InputPath": new.get("inputPath"),
        "InputTransformer": _transformer(new.get("inputTransformer")),
        "DeadLetterConfig": {"Arn": new["deadLetterConfig"]["arn"]} if _dead_letters(new) else None,
        "RetryPolicy": _retry_policy(new.get("retryPolicy")),
        "SqsParameters": {"MessageGroupId": new["sqsTarget"]["messageGroupId"]} if new.get("sqsTarget") else None,
    }
    answer = _events(call).put_targets(
        Rule=new["rule"],
        EventBusName=new["eventBusName"],
        Targets=[{field: value for field, value in wanted.items() if value}],
    )
    _none_failed(answer)
    return _target_id(new["eventBusName"], new["rule"], new["targetId"])


def _dead_letters(new: Props) -> bool:
    return bool((new.get("deadLetterConfig") or {}).get("arn"))


def _transformer(given: Props | None) -> Props | None:
    if not given:
        return None
    paths = {"InputPathsMap": given["inputPaths"]} if given.get("inputPaths") else {}
    return {"InputTemplate": given["inputTemplate"]} | paths


def _retry_policy(given: Props | None) -> Props | None:
    """Zero attempts are a wish, zero seconds are none."""
    if given is None:
        return None
    age = {"MaximumEventAgeInSeconds": age} if (age := given.get("maximumEventAgeInSeconds")) else {}
    return age | {"MaximumRetryAttempts": given.get("maximumRetryAttempts") or 0}


def _none_failed(answer: Props) -> None:
    """The call succeeds although an entry of it failed."""
    for entry in answer.get("FailedEntries", ()):
        raise PluginError(f"target {entry.get('TargetId')}: {entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")


def _target_id(bus: str, rule: str, target: str) -> str:
    return f"{rule}-{target}" if bus == _DEFAULT_BUS else f"{bus}-{rule}-{target}"


def _update_target(call: Call[Aws]) -> None:
    _put_target(call)


def _read_target(call: Call[Aws]) -> Props | None:
    bus, rule, target = call.old["eventBusName"], call.old["rule"], call.old["targetId"]
    found = _target(_events(call), bus, rule, target)
    if not found:
        return None
    transformer, policy = found.get("InputTransformer"), found.get("RetryPolicy")
    return {
        "eventBusName": bus,
        "rule": rule,
        "targetId": target,
        "arn": found["Arn"],
        "roleArn": found.get("RoleArn", ""),
        "input": found.get("Input", ""),
        "inputPath": found.get("InputPath", ""),
        "inputTransformer": _present(transformer, {"inputTemplate": "InputTemplate", "inputPaths": "InputPathsMap"}),
        "deadLetterConfig": _present(found.get("DeadLetterConfig"), {"arn": "Arn"}),
        "retryPolicy": _present(
            policy,
            {
                "maximumEventAgeInSeconds": "MaximumEventAgeInSeconds",
                "maximumRetryAttempts": "MaximumRetryAttempts",
            },
        ),
        "sqsTarget": _present(found.get("SqsParameters"), {"messageGroupId": "MessageGroupId"}),
        "region": call.region or call.cloud.region,
    }


def _present(block: Props | None, names: dict[str, str]) -> Props | None:
    return {ours: block[theirs] for ours, theirs in names.items() if theirs in block} if block else None


def _target(events: Any, bus: str, rule: str, target: str) -> Props:
    token: Props = {}
    try:
        while True:
            page = events.list_targets_by_rule(Rule=rule, EventBusName=bus, **token)
            for found in page["Targets"]:
                if found["Id"] == target:
                    return found
            if not page.get("NextToken"):
                return {}
            token = {"NextToken": page["NextToken"]}
    except Exception as error:
        if _gone(error):
            return {}
        raise


def _remove_target(call: Call[Aws]) -> None:
    old = call.old
    force = {"Force": True} if old.get("forceDestroy") else {}
    try:
        answer = _events(call).remove_targets(
            Rule=old["rule"], EventBusName=old["eventBusName"], Ids=[old["targetId"]], **force
        )
    except Exception as error:
        if _gone(error):
            return
        raise
    _none_failed(answer)


def _import_target(import_id: str) -> tuple[str, Props]:
    parts = import_id.rsplit("/", maxsplit=2)
    if len(parts) < 2:
        raise PluginError(f"a target is imported as [<bus>/]<rule>/<target>: {import_id}")
    rule, target = parts[-2:]
    bus = parts[0] if len(parts) == 3 else _DEFAULT_BUS
    return _target_id(bus, rule, target), {"eventBusName": bus, "rule": rule, "targetId": target}


def _one_input(inputs: Props) -> Iterable[Failure]:
    given = [name for name in ("input", "inputPath", "inputTransformer") if inputs.get(name)]
    for name in given[1:]:
        yield Failure(name, f"conflicts with {given[0]}: keep one of them")


_NAME = matches(r"[0-9A-Za-z._-]*", "have only letters, digits and ._-")
_BEYOND = (
    *("appsyncTarget", "batchTarget", "ecsTarget", "httpTarget", "kinesisTarget"),
    *("redshiftTarget", "runCommandTargets", "sagemakerPipelineTarget"),
)
ENTRIES = (
    Entry(
        token="aws:cloudwatch/eventTarget:EventTarget",
        replaces=("rule", "eventBusName", "targetId"),
        autoname=AutoName(field="targetId"),
        defaults={"eventBusName": _DEFAULT_BUS, "forceDestroy": False},
        checks={
            "rule": every(length(1, 64), _NAME),
            "targetId": every(length(1, 64), _NAME),
            "arn": arn,
            "roleArn": arn,
            "input": every(length(0, 8192), json_text),
            "inputPath": length(0, 256),
            "inputTransformer.inputTemplate": length(1, 8192),
            "deadLetterConfig.arn": arn,
            "retryPolicy.maximumEventAgeInSeconds": between(60, 86_400),
            "retryPolicy.maximumRetryAttempts": between(0, 185),
            **dict.fromkeys(_BEYOND, unsupported),
        },
        rules=(_one_input,),
        same={"input": same_json},
        keeps=("input",),
        create=_put_target,
        read=_read_target,
        update=_update_target,
        delete=_remove_target,
        imports=_import_target,
    ),
)
