"""GitHub's secret-scanning webhook: whether it is GitHub's, and what of it may be written down.

This runs in AWS Lambda too, where there is no pydantic: standard library only. The payload is that of
`secret_scanning_alert` (GitHub documentation, webhook events and payloads); what it says of the secret itself is never
read.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any, cast

EVENT, PING = "secret_scanning_alert", "ping"
# When somebody has to act: found, found again, or seen in public.
ACTIONS = ("created", "publicly_leaked", "reopened")
# GitHub's alerts take some 20 kB.
MAX_BODY_BYTES = 262_144
MAX_TEXT = 200
_URL = re.compile(r"https://[\w.-]+/[\w./-]+")


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """`signature`: of the header `X-Hub-Signature-256`, `sha256=` and an HMAC of the body in hexadecimal digits."""
    wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.encode(errors="replace"))


def finding(payload: Mapping[str, Any], delivery: str) -> dict[str, Any] | None:
    """One line of the findings log; None where nobody has to act. `delivery`: GitHub's id of it."""
    action = payload.get("action")
    if action not in ACTIONS:
        return None
    alert, repository = _part(payload, "alert"), _part(payload, "repository")
    url = str(alert.get("html_url") or "")
    return {
        "finding": "credential",
        "source": "github",
        "action": action,
        "kind": _text(alert.get("secret_type")),
        "repository": _text(repository.get("full_name")),
        "alert": _number(alert.get("number")),
        "url": url[:MAX_TEXT] if _URL.fullmatch(url) else None,
        "found_at": _text(alert.get("created_at")),
        "pushed_past_protection": bool(alert.get("push_protection_bypassed")),
        "by": _text(_part(alert, "push_protection_bypassed_by").get("login")),
        "delivery": _text(delivery),
    }


def _part(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value: object = given.get(key)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12 else None


def _text(value: object) -> str | None:
    """Names and times have these characters; whatever has others is no such thing, and is not written down."""
    return value if isinstance(value, str) and re.fullmatch(rf"[\w ./:+-]{{1,{MAX_TEXT}}}", value) else None
