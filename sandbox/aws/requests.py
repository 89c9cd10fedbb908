"""What an AWS request is, read from its head and form: the service, the operation, the wire protocol."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from sandbox.aws.refusals import REST_XML, Protocol

# The last part of a Bedrock runtime path -> its operation. REST paths do not name it otherwise, and carry the model.
_RUNTIME = {
    "invoke": "InvokeModel",
    "invoke-with-response-stream": "InvokeModelWithResponseStream",
    "converse": "Converse",
    "converse-stream": "ConverseStream",
}
_RUNTIME_PATH = re.compile(rf"/model/(.+)/({'|'.join(_RUNTIME)})")
# A function's own address (Lambda developer guide, function URLs).
_FUNCTION_HOST = re.compile(r"[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws")
# Called without a signature, so nothing but the form names the service.
UNSIGNED = {"AssumeRoleWithSAML": "sts", "AssumeRoleWithWebIdentity": "sts"}


@dataclass(frozen=True, kw_only=True)
class Call:
    """`operation` is `CreateRole` or `InvokeModel` where it is told, else `POST /inference-profiles`."""

    service: str
    operation: str
    protocol: Protocol
    method: str


@dataclass(frozen=True, kw_only=True)
class RuntimeCall:
    """`model_id` as the caller gave it, be it an id or an ARN."""

    operation: str
    model_id: str


def runtime_call(environ: dict[str, Any]) -> RuntimeCall | None:
    """A call of Bedrock's runtime, which signs itself as the control plane does and so is known by its path."""
    found = _RUNTIME_PATH.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "POST" else None
    if found is None or _signed_service(environ) not in {"", "bedrock"}:
        return None
    return RuntimeCall(operation=_RUNTIME[found[2]], model_id=found[1])


def function_host(environ: dict[str, Any]) -> str | None:
    """The address of a function, where the request is for one and not for AWS's own API."""
    host = str(environ.get("HTTP_HOST", "")).partition(":")[0].lower()
    return host if _FUNCTION_HOST.fullmatch(host) else None


def body_of(environ: dict[str, Any]) -> bytes:
    """The request's body, left readable for whoever comes next."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Which key signed, and for what."""

    key: str
    region: str
    service: str


def scope(authorization: str) -> Scope | None:
    """From `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`."""
    parts = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    return Scope(key=parts[0], region=parts[2], service=parts[3]) if len(parts) == 5 else None


def signed_region(environ: dict[str, Any]) -> str:
    signed = scope(environ.get("HTTP_AUTHORIZATION", ""))
    return signed.region if signed else ""


def _signed_service(environ: dict[str, Any]) -> str:
    signed = scope(environ.get("HTTP_AUTHORIZATION", ""))
    return signed.service if signed else ""


def _form_action(environ: dict[str, Any]) -> str:
    query = environ.get("QUERY_STRING", "")
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        query = body_of(environ).decode("utf-8", "replace") or query
    return parse_qs(query).get("Action", [""])[0]


def call(environ: dict[str, Any]) -> Call:
    method, service = environ["REQUEST_METHOD"], _signed_service(environ)
    if function_host(environ):
        return Call(service="lambda-url", operation=f"{method} address", protocol="rest-json", method=method)
    runtime = runtime_call(environ)
    if runtime:
        return Call(service="bedrock", operation=runtime.operation, protocol="rest-json", method=method)
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    if target:
        return Call(service=service, operation=target, protocol="json", method=method)
    action = _form_action(environ)
    if action:
        service = service or UNSIGNED.get(action, "")
        return Call(service=service, operation=action, protocol="query", method=method)
    protocol: Protocol = "rest-xml" if service in REST_XML else "rest-json"
    return Call(service=service, operation=f"{method} {environ['PATH_INFO']}", protocol=protocol, method=method)
