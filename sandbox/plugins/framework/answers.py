"""What the engine's protocol makes of settings, of a lookup's result, of mistakes, and of what is half made."""

from __future__ import annotations

import json
from typing import NoReturn

import grpc
from pulumi.runtime.proto import provider_pb2, status_pb2

from sandbox.plugins.framework.errors import Failure, PluginError, one_line
from sandbox.plugins.framework.paths import joined
from sandbox.plugins.framework.schema import Schema
from sandbox.plugins.framework.values import (
    Props,
    encode,
    plain,
)

Context = grpc.ServicerContext
MODES = {0: "propose", 1: "enforce", 2: "disable"}
KINDS = {
    ("add", False): provider_pb2.PropertyDiff.ADD,
    ("add", True): provider_pb2.PropertyDiff.ADD_REPLACE,
    ("delete", False): provider_pb2.PropertyDiff.DELETE,
    ("delete", True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    ("update", False): provider_pb2.PropertyDiff.UPDATE,
    ("update", True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class PartlyDoneError(Exception):
    """The resource exists but not as wanted: the engine keeps it in state and updates it next time."""

    def __init__(self, resource_id: str, properties: Props, reason: str) -> None:
        super().__init__(reason)
        self.resource_id = resource_id
        self.properties = properties


def parsed(settings: Props, schema: Schema) -> Props:
    """Settings reach a provider as text; whatever is not a text by type is JSON."""
    parsed: Props = {}
    for name, value in plain(settings).items():
        parsed[name] = value
        if isinstance(value, str) and schema.inputs.fields.get(name) != "string" and name in schema.inputs.fields:
            try:
                parsed[name] = json.loads(value)
            except ValueError:
                raise PluginError(f"{joined('', name)} is not JSON: {value}") from None
    return parsed


def invoke_response(result: Props) -> provider_pb2.InvokeResponse:
    response = provider_pb2.InvokeResponse()
    getattr(response, "return").CopyFrom(encode(result))  # a keyword of Python
    return response


def failures(mistakes: list[Failure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=m.path, reason=one_line(f"{m.path} {m.reason}")) for m in mistakes]


def abort_partly_done(context: Context, error: PartlyDoneError) -> NoReturn:
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    details = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id, properties=encode(error.properties), reasons=[str(error)]
    )
    status.details.add().Pack(details)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, str(error))
    raise AssertionError("abort returned")
