"""What calls a Lambda function: invocations of a deployment, event source mappings, and who else may."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.framework.constraints import arn, between, json_text, matches, one_of
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, wait_until

_ROLE_SECONDS = 300
_MAPPING_SECONDS = 600


def _lambda(call: Call[Aws]) -> Any:
    return call.cloud.client("lambda", call.region)


# Invocations


def _payload(call: Call[Aws], action: str) -> bytes:
    """Under CRUD the function is told what is being done, and what it was given before."""
    props = call.old if action == "delete" else call.new
    if props.get("lifecycleScope") != "CRUD":
        return props["input"].encode()
    told: Props = {"action": action, "prev_input": None}
    if action != "create" and call.old.get("input"):
        told["prev_input"] = json.loads(call.old["input"])
    return json.dumps({**json.loads(props["input"]), props.get("terraformKey", "tf"): told}).encode()


def _invoke(call: Call[Aws], action: str) -> None:
    props = call.old if action == "delete" else call.new
    payload = _payload(call, action)
    answer = _lambda(call).invoke(
        FunctionName=props["functionName"],
        Qualifier=props["qualifier"],
        InvocationType="RequestResponse",
        Payload=payload,
    )
    result = answer["Payload"].read().decode()
    if answer.get("FunctionError"):
        raise PluginError(f"Lambda function ({props['functionName']}) returned error: ({result})")
    call.told = {"result": result}


def _create_invocation(call: Call[Aws]) -> str:
    _invoke(call, "create")
    digest = hashlib.md5(call.new["input"].encode(), usedforsecurity=False).hexdigest()
    return f"{call.new['functionName']},{call.new['qualifier']},{digest}"


def _update_invocation(call: Call[Aws]) -> None:
    _invoke(call, "update")


def _delete_invocation(call: Call[Aws]) -> None:
    if call.old.get("lifecycleScope") == "CRUD":
        _invoke(call, "delete")


def _input_replaces(_: Props, new: Props) -> Iterable[str]:
    if new.get("lifecycleScope", "CREATE_ONLY") == "CREATE_ONLY":
        yield "input"


def _input_is_an_object_under_crud(inputs: Props) -> Iterable[Failure]:
    text = inputs.get("input")
    if inputs.get("lifecycleScope") == "CRUD" and isinstance(text, str):
        try:
            fits = isinstance(json.loads(text), dict)
        except ValueError:
            fits = True  # said already
        if not fits:
            yield Failure("input", "must be a JSON object under lifecycleScope CRUD")


# Event source mappings


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


# Permissions


def _add_permission(call: Call[Aws]) -> str:
    new = call.new
    sid = new.get("statementId") or f"terraform-{secrets.token_hex(13)}"
    wanted: Props = {
        "FunctionName": new["function"],
        "StatementId": sid,
        "Action": new["action"],
        "Principal": new["principal"],
        "SourceArn": new.get("sourceArn"),
        "SourceAccount": new.get("sourceAccount"),
        "PrincipalOrgID": new.get("principalOrgId"),
        "Qualifier": new.get("qualifier"),
        "FunctionUrlAuthType": new.get("functionUrlAuthType"),
        "InvokedViaFunctionUrl": new.get("invokedViaFunctionUrl"),
        "EventSourceToken": new.get("eventSourceToken"),
    }
    retry(
        lambda: _lambda(call).add_permission(**{key: value for key, value in wanted.items() if value}),
        lambda error: code(error) in {"ResourceConflictException", "ResourceNotFoundException"},
        seconds=_ROLE_SECONDS,
    )
    call.new["statementId"] = sid
    return sid


def _statement(call: Call[Aws]) -> Props | None:
    try:
        qualifier = {"Qualifier": call.old["qualifier"]} if call.old.get("qualifier") else {}
        text = _lambda(call).get_policy(FunctionName=call.old["function"], **qualifier)["Policy"]
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise
    return next((found for found in json.loads(text)["Statement"] if found.get("Sid") == call.id), None)


def _read_permission(call: Call[Aws]) -> Props | None:
    """A condition whose operator the policy has lost altogether is not missed, as in the official plug-in."""
    found = _statement(call)
    if found is None:
        return None
    conditions: dict[str, Props] = found.get("Condition") or {}
    place = re.fullmatch(r"(arn:[\w-]+:lambda:[\w-]+:\d{12}:function:([\w-]+))(?::([$\w-]+))?", found["Resource"])
    if place is None:
        raise PluginError(f"permission {call.id}: not a function: {found['Resource']}")
    principal = found["Principal"]
    if isinstance(principal, dict):
        principal = principal.get("AWS", principal.get("Service"))
    return {
        "function": place[1] if call.old["function"].startswith("arn:") else place[2],
        "qualifier": place[3],
        "action": found["Action"],
        "principal": principal,
        **{
            field: _told(conditions[operator].get(key))
            for field, (operator, key) in _CONDITIONS.items()
            if operator in conditions
        },
        "statementId": call.id,
        "region": call.region or call.cloud.region,
    }


# Input -> the operator and the key of the statement's condition.
_CONDITIONS = {
    "eventSourceToken": ("StringEquals", "lambda:EventSourceToken"),
    "functionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "principalOrgId": ("StringEquals", "aws:PrincipalOrgID"),
    "sourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "sourceArn": ("ArnLike", "AWS:SourceArn"),
    "invokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}


def _told(value: str | None) -> str | bool | None:
    return value == "true" if value in {"true", "false"} else value


def _remove_permission(call: Call[Aws]) -> None:
    try:
        qualifier = {"Qualifier": call.old["qualifier"]} if call.old.get("qualifier") else {}
        _lambda(call).remove_permission(FunctionName=call.old["function"], StatementId=call.id, **qualifier)
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise


def _permission_imports(given: str) -> tuple[str, Props]:
    place, _, sid = given.rpartition("/")
    function, _, qualifier = place.partition(":")
    return sid, {"function": function} | ({"qualifier": qualifier} if qualifier else {})


_NAME = matches(
    r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[a-zA-Z0-9_-]{1,64}(:[$\w-]{1,128})?", "name a function"
)
_PERMISSION = (
    *("action", "eventSourceToken", "function", "functionUrlAuthType", "invokedViaFunctionUrl", "principal"),
    *("principalOrgId", "qualifier", "sourceAccount", "sourceArn", "statementId", "statementIdPrefix"),
)

ENTRIES = (
    Entry(
        token="aws:lambda/invocation:Invocation",
        replaces=("functionName", "qualifier", "triggers"),
        replaces_when=_input_replaces,
        defaults={"qualifier": "$LATEST", "lifecycleScope": "CREATE_ONLY", "terraformKey": "tf"},
        recomputed=lambda *_: ("result",),
        checks={"functionName": _NAME, "input": json_text, "lifecycleScope": one_of("CREATE_ONLY", "CRUD")},
        rules=(_input_is_an_object_under_crud,),
        reads_back=False,
        create=_create_invocation,
        read=lambda call: dict(call.old),
        update=_update_invocation,
        delete=_delete_invocation,
    ),
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
    Entry(
        token="aws:lambda/permission:Permission",
        replaces=_PERMISSION,
        computed=("statementId",),
        checks={
            "action": matches(r"lambda:[*a-zA-Z]+", "be an action of Lambda"),
            "function": _NAME,
            "sourceArn": arn,
            "statementId": matches(r"[a-zA-Z0-9_-]{1,100}", "be up to 100 letters, digits, hyphens and underscores"),
            "sourceAccount": matches(r"\d{12}", "be an account's id"),
            "functionUrlAuthType": one_of("AWS_IAM", "NONE"),
        },
        imports=_permission_imports,
        create=_add_permission,
        read=_read_permission,
        delete=_remove_permission,
    ),
)
