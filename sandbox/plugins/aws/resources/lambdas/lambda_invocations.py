"""Invocations of a function by a deployment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.framework.constraints import json_text, matches, one_of
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import Props


def _lambda(call: Call[Aws]) -> Any:
    return call.cloud.client("lambda", call.region)


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


_NAME = matches(
    r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[a-zA-Z0-9_-]{1,64}(:[$\w-]{1,128})?", "name a function"
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
)
