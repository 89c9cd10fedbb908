"""Behind a function URL: takes GitHub's word that a credential was found, and writes down where; never which.

Anybody can call it. What is not signed with the secret is answered 401 before it is read any further.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from functions.clients import client
from functions.log_lines import put_lines
from functions.settings import settings
from rollout.leaks.github_alerts import EVENT, MAX_BODY_BYTES, PING, finding, is_signed

# A changed secret is believed within this time.
SECRET_SECONDS = 300
FORM = "application/x-www-form-urlencoded"
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
            # Whoever sets the webhook up sees here already whether an alert could be read.
            return _answer(400 if _payload(body, headers) is None else 200)
        case known if known == EVENT:
            return _alert(_payload(body, headers), headers.get("x-github-delivery", ""))
        case _:
            return _answer(204)


def _payload(body: bytes, headers: Mapping[str, str]) -> Any:
    """What GitHub says, as JSON or in the field `payload` of a form, which is its default; None where it is neither.

    https://docs.github.com/en/webhooks/using-webhooks/creating-webhooks#creating-a-repository-webhook
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        text = body.decode()
        if kind == FORM:
            [text] = parse_qs(text, strict_parsing=True, max_num_fields=10).get("payload", [])
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _alert(payload: Any, delivery: str) -> Answer:
    if payload is None:
        return _answer(400)
    line = finding(payload, delivery) if isinstance(payload, dict) else None
    if line is None:
        return _answer(204)
    put_lines(settings()["log_group"], settings()["log_stream"], [(datetime.now(UTC), json.dumps(line))])
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
def _secret(_: int) -> str:
    return client("secretsmanager").get_secret_value(SecretId=settings()["secret"])["SecretString"]
