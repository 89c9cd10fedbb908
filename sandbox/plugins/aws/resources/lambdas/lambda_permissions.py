"""Who else may call a function."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import arn, matches, one_of
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry

_ROLE_SECONDS = 300


def _lambda(call: Call[Aws]) -> Any:
    return call.cloud.client("lambda", call.region)


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
