"""Functions' own addresses: an HTTP request whose Host is one, on AWS's port, reaches the function behind it.

As Lambda's developer guide has it (invoking function URLs): payload format 2.0 in and out, at most 6 MB, and for an
address without authorization both statements in the function's policy. Not so here: AWS_IAM, streams, and the limit of
ten requests a second per reserved execution.
"""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from moto.awslambda.models import LambdaFunction, lambda_backends

from sandbox.aws.functions.overlays import condition, statement
from sandbox.aws.functions.runner import Outcome, Runner
from sandbox.aws.requests import body_of, function_host

MAX_BYTES = 6 * 1024 * 1024
# What comes as it is; all else in base64.
_TEXT = re.compile(r"(text/|application/(json|xml|javascript)\b)")

Environ = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


def answer(environ: Environ, runner: Runner) -> Answer:
    """What the function whose address was called says; 403 for whom its policy does not let in."""
    host = function_host(environ)
    function = next((f for f in _functions() if f.url_config and f"://{host}" in f.url_config.url), None)
    if function is None or not _open_to_all(function):
        return _said(403, "Forbidden. For troubleshooting Function URL authorization issues, see: urls-auth.html")
    body = body_of(environ)
    if len(body) > MAX_BYTES:
        return _said(413, "Request must be smaller than 6291456 bytes for the InvokeFunction operation")
    return _answer(runner.invoke(function, event(environ, str(host), body)))


def _functions() -> Iterator[LambdaFunction]:
    for _, _, backend in lambda_backends.iter_backends():
        yield from backend.list_functions()


def _open_to_all(function: LambdaFunction) -> bool:
    """By both statements. A sandbox of before has them as AddPermission was given them."""
    kept = [statement(one) for one in function.policy.statements]
    found = [s for s in kept if s.get("Principal") == "*" and s.get("Effect") == "Allow"]
    address, through = (
        any(s["Action"] == action and condition(s, parameter) == value for s in found)
        for action, parameter, value in (
            ("lambda:InvokeFunctionUrl", "FunctionUrlAuthType", "NONE"),
            ("lambda:InvokeFunction", "InvokedViaFunctionUrl", "true"),
        )
    )
    return function.url_config is not None and function.url_config.config["AuthType"] == "NONE" and address and through


def event(environ: Environ, host: str, body: bytes) -> dict[str, Any]:
    """Payload format 2.0."""
    headers = dict(_headers(environ))
    cookies = [part.strip() for part in headers.pop("cookie", "").split(";") if part.strip()]
    path, query = environ.get("PATH_INFO") or "/", environ.get("QUERY_STRING", "")
    is_text = not body or bool(_TEXT.match(headers.get("content-type", "")))
    given = {
        "cookies": cookies,
        "queryStringParameters": _joined(parse_qsl(query, keep_blank_values=True)),
        "body": body.decode("utf-8", "replace") if is_text else base64.b64encode(body).decode(),
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": host.partition(".")[0],
            "domainName": host,
            "domainPrefix": host.partition(".")[0],
            "http": {
                "method": environ["REQUEST_METHOD"],
                "path": path,
                "protocol": environ.get("SERVER_PROTOCOL", "HTTP/1.1"),
                "sourceIp": environ.get("REMOTE_ADDR", ""),
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": not is_text,
        **{name: value for name, value in given.items() if value},
    }


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").lower(), value
        elif name in {"CONTENT_TYPE", "CONTENT_LENGTH"} and value:
            yield name.replace("_", "-").lower(), value


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _answer(outcome: Outcome) -> Answer:
    """An answer with a `statusCode` says all itself; any other is a body of JSON; of a failure nothing gets out."""
    if outcome.failed:
        return _said(502, "Internal Server Error")
    said: Any = json.loads(outcome.payload)
    if not isinstance(said, dict) or "statusCode" not in said:
        return Answer(200, [("Content-Type", "application/json")], outcome.payload.encode())
    body = str(said.get("body") or "")
    headers = {"Content-Type": "application/json", **(said.get("headers") or {})}
    return Answer(
        int(said["statusCode"]),
        [*headers.items(), *(("Set-Cookie", cookie) for cookie in said.get("cookies") or ())],
        base64.b64decode(body) if said.get("isBase64Encoded") else body.encode(),
    )


def _said(status: int, message: str) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps({"Message": message}).encode())
