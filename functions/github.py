"""Behind a function URL: takes GitHub's word that a credential was found, and writes down where; never which.

Anybody can call it. What is not signed with the secret is answered 401 before it is read any further.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from functions.clients import client
from rollout.github_alerts import EVENT, MAX_BODY_BYTES, PING, finding, is_signed

# A changed secret is believed within this time.
SECRET_SECONDS = 300
Answer = dict[str, Any]


def handler(event: Mapping[str, Any], context: Any) -> Answer:  # noqa: ARG001
    """One HTTP request, as a function URL hands it over (payload format 2.0)."""
    headers: Mapping[str, str] = event.get("headers") or {}
    if _method(event) != "POST":
        return _answer(405)
    body = _body(event)
    if body is None:
        return _answer(413)
    if not is_signed(body, headers.get("x-hub-signature-256", ""), _secret(int(time.time() / SECRET_SECONDS))):
        return _answer(401)
    match headers.get("x-github-event"):
        case known if known == PING:
            return _answer(200)
        case known if known == EVENT:
            return _alert(body, headers.get("x-github-delivery", ""))
        case _:
            return _answer(204)


def _alert(body: bytes, delivery: str) -> Answer:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return _answer(400)
    line = finding(payload, delivery) if isinstance(payload, dict) else None
    if line is None:
        return _answer(204)
    _write(line)
    return _answer(202)


def _answer(status: int) -> Answer:
    return {"statusCode": status}


def _method(event: Mapping[str, Any]) -> str:
    return str(((event.get("requestContext") or {}).get("http") or {}).get("method"))


def _body(event: Mapping[str, Any]) -> bytes | None:
    """None where it is too large, or not what it says."""
    text = str(event.get("body") or "")
    if len(text) > 2 * MAX_BODY_BYTES:
        return None
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, ValueError):
        return None
    return body if len(body) <= MAX_BODY_BYTES else None


@cache
def settings() -> dict[str, Any]:
    return json.loads((Path(__file__).parent.parent / "settings.json").read_text(encoding="utf-8"))


@cache
def _secret(_: int) -> str:
    return client("secretsmanager").get_secret_value(SecretId=settings()["secret"])["SecretString"]


def _write(line: Mapping[str, Any]) -> None:
    where = {"logGroupName": settings()["log_group"], "logStreamName": settings()["log_stream"]}
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
    logs = client("logs")
    try:
        logs.put_log_events(**where, logEvents=[event])
    except logs.exceptions.ResourceNotFoundException:
        try:
            logs.create_log_stream(**where)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise
        logs.put_log_events(**where, logEvents=[event])
