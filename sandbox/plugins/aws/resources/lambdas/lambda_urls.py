"""A function's own HTTPS address."""

from __future__ import annotations

import urllib.parse
from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import between, matches, one_of
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props

# For everybody, of an address without authorization: what the official plug-in adds itself, and never takes away.
_PUBLIC = {
    "FunctionURLAllowPublicAccess": {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
    "FunctionURLInvokeAllowPublicAccess": {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
}


def _lambda(call: Call[Aws]) -> Any:
    return call.cloud.client("lambda", call.region)


def _place(call: Call[Aws]) -> Props:
    function, _, qualifier = call.id.partition("/")
    return {"FunctionName": function, **({"Qualifier": qualifier} if qualifier else {})}


def _create(call: Call[Aws]) -> str:
    new = call.new
    call.id = "/".join(filter(None, (new["functionName"], new.get("qualifier"))))
    _lambda(call).create_function_url_config(**_place(call), **_wanted(new))
    if new["authorizationType"] == "NONE":
        for sid, permission in _PUBLIC.items():
            try:
                _lambda(call).add_permission(**_place(call), StatementId=sid, Principal="*", **permission)
            except Exception as error:
                if code(error) != "ResourceConflictException":
                    raise
    return call.id


def _wanted(new: Props) -> Props:
    given: Props = new.get("cors") or {}
    cors = {f"{name[0].upper()}{name[1:]}": value for name, value in given.items()}
    wanted: Props = {"AuthType": new["authorizationType"], "InvokeMode": new["invokeMode"]}
    return {**wanted, **({"Cors": cors} if cors else {})}


def _read(call: Call[Aws]) -> Props | None:
    try:
        found = _lambda(call).get_function_url_config(**_place(call))
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise
    cors = {f"{name[0].lower()}{name[1:]}": value for name, value in (found.get("Cors") or {}).items()}
    return {
        "functionName": call.old.get("functionName") or _place(call)["FunctionName"],
        "qualifier": call.old.get("qualifier") or _place(call).get("Qualifier"),
        "authorizationType": found["AuthType"],
        "invokeMode": str(found.get("InvokeMode", "BUFFERED")).upper(),
        "cors": cors or None,
        "functionArn": found["FunctionArn"],
        "functionUrl": found["FunctionUrl"],
        "urlId": str(urllib.parse.urlsplit(found["FunctionUrl"]).hostname).partition(".")[0],
        "region": call.region or call.cloud.region,
    }


def _update(call: Call[Aws]) -> None:
    _lambda(call).update_function_url_config(**_place(call), **({"Cors": {}} | _wanted(call.new)))


def _delete(call: Call[Aws]) -> None:
    try:
        _lambda(call).delete_function_url_config(**_place(call))
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise


ENTRIES = (
    Entry(
        token="aws:lambda/functionUrl:FunctionUrl",
        replaces=("functionName", "qualifier"),
        defaults={"invokeMode": "BUFFERED"},
        checks={
            "functionName": matches(
                r"(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[a-zA-Z0-9_-]{1,64}", "name a function"
            ),
            "authorizationType": one_of("AWS_IAM", "NONE"),
            "invokeMode": one_of("BUFFERED", "RESPONSE_STREAM"),
            "cors.maxAge": between(0, 86_400),
        },
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
