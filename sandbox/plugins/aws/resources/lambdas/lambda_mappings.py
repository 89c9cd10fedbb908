"""Queues that a function reads."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.framework.constraints import arn, between, matches
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, wait_until

_ROLE_SECONDS = 300
_MAPPING_SECONDS = 600


def _lambda(call: Call[Aws]) -> Any:
    return call.cloud.client("lambda", call.region)


def _mapping(props: Props) -> Props:
    scaling = (props.get("scalingConfig") or {}).get("maximumConcurrency")
    wanted: Props = {
        "FunctionName": props["functionName"],
        "Enabled": props.get("enabled", True),
        "BatchSize": props.get("batchSize"),
        "MaximumBatchingWindowInSeconds": props.get("maximumBatchingWindowInSeconds"),
        "FunctionResponseTypes": props.get("functionResponseTypes"),
        "ScalingConfig": {"MaximumConcurrency": scaling} if scaling else None,
        "FilterCriteria": {"Filters": [{"Pattern": f["pattern"]} for f in props["filterCriteria"]["filters"]]}
        if props.get("filterCriteria")
        else None,
    }
    return {key: value for key, value in wanted.items() if value is not None}


def _create_mapping(call: Call[Aws]) -> str:
    """Lambda looks at once whether the function's role may read the queue, which IAM may not know yet."""
    client, new = _lambda(call), call.new
    made = retry(
        lambda: client.create_event_source_mapping(
            EventSourceArn=new["eventSourceArn"], Tags=new.get("tagsAll") or {}, **_mapping(new)
        ),
        lambda error: says(
            error, "InvalidParameterValueException", "cannot be assumed", "does not have permissions", "ensure the role"
        ),
        seconds=_ROLE_SECONDS,
    )
    call.id = made["UUID"]
    _wait_settled(call)
    return call.id


def _found_mapping(call: Call[Aws]) -> Props | None:
    try:
        return _lambda(call).get_event_source_mapping(UUID=call.id)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise


def _wait_settled(call: Call[Aws]) -> None:
    wait_until(
        lambda: (found := _found_mapping(call)) is None or found.get("State", "Enabled") in {"Enabled", "Disabled"},
        seconds=_MAPPING_SECONDS,
        what=f"event source mapping {call.id}",
    )


def _read_mapping(call: Call[Aws]) -> Props | None:
    found = _found_mapping(call)
    if found is None:
        return None
    scaling = (found.get("ScalingConfig") or {}).get("MaximumConcurrency")
    region = call.region or call.cloud.region
    own_arn = f"arn:{call.cloud.partition}:lambda:{region}:{call.cloud.account_id}:event-source-mapping:{call.id}"
    function_arn = found["FunctionArn"]
    return {
        "arn": found.get("EventSourceMappingArn", own_arn),
        "uuid": call.id,
        "eventSourceArn": found["EventSourceArn"],
        "functionArn": function_arn,
        "functionName": call.old.get("functionName") or function_arn,
        "batchSize": found["BatchSize"],
        "enabled": found.get("State", "Enabled") in {"Enabled", "Enabling", "Creating"},
        "maximumBatchingWindowInSeconds": found.get("MaximumBatchingWindowInSeconds", 0),
        "functionResponseTypes": found.get("FunctionResponseTypes") or [],
        "scalingConfig": {"maximumConcurrency": scaling} if scaling else None,
        "state": found.get("State", "Enabled"),
        "stateTransitionReason": found.get("StateTransitionReason", ""),
        "lastModified": str(found.get("LastModified", "")),
        "lastProcessingResult": found.get("LastProcessingResult", ""),
        "region": region,
        **tags.found(call, call.old.get("tagsAll") or {}),
    }


def _update_mapping(call: Call[Aws]) -> None:
    client, own_arn = _lambda(call), call.old["arn"]
    tags.update(
        call,
        lambda keys: client.untag_resource(Resource=own_arn, TagKeys=keys),
        lambda changed: client.tag_resource(Resource=own_arn, Tags=changed),
    )
    client.update_event_source_mapping(UUID=call.id, **_mapping(call.new))
    _wait_settled(call)


def _delete_mapping(call: Call[Aws]) -> None:
    try:
        _lambda(call).delete_event_source_mapping(UUID=call.id)
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise
    wait_until(lambda: _found_mapping(call) is None, seconds=_MAPPING_SECONDS, what=f"mapping {call.id} to be gone")


def _same_function(old: Any, new: Any) -> bool:
    """A name and the ARN that ends with it are one function."""
    return str(old).rpartition(":function:")[2] == str(new).rpartition(":function:")[2]


_NAME = matches(
    r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[a-zA-Z0-9_-]{1,64}(:[$\w-]{1,128})?", "name a function"
)
ENTRIES = (
    Entry(
        token="aws:lambda/eventSourceMapping:EventSourceMapping",
        replaces=("eventSourceArn", "startingPosition", "startingPositionTimestamp"),
        required=("eventSourceArn",),
        defaults={"enabled": True},
        computed=("batchSize", "maximumBatchingWindowInSeconds"),
        sets=("functionResponseTypes",),
        checks={
            "eventSourceArn": arn,
            "functionName": _NAME,
            "batchSize": between(1, 10_000),
            "maximumBatchingWindowInSeconds": between(0, 300),
            "scalingConfig.maximumConcurrency": between(2, 1000),
            "functionResponseTypes": lambda value: next(
                (f"must be ReportBatchItemFailures: {item}" for item in value if item != "ReportBatchItemFailures"),
                None,
            ),
        },
        same={"functionName": _same_function},
        tags=True,
        create=_create_mapping,
        read=_read_mapping,
        update=_update_mapping,
        delete=_delete_mapping,
    ),
)
