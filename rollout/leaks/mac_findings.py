"""What a member's commit guard says of a finding: which of it may be written down, and in whose name.

This runs in AWS Lambda too, where there is no pydantic: standard library only. A member may send anything, so nothing
of a message is passed on that was not looked at; who sent it is what SQS says (`SenderId`), never the message itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from rollout.names import SESSION

# SQS's least limit is 1,024 bytes (SQS API reference, SetQueueAttributes); a finding has at most some 700.
MAX_MESSAGE_BYTES = 2048
MAX_A_DAY = 200
MAX_TEXT = 200
MAX_COUNT = 10_000
ACTIONS = ("commit_stopped", "push_stopped")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
# Of a role's session: the role's id, a colon, the session's name (IAM user guide, unique identifiers).
_SENDER = re.compile(rf"AROA[A-Z0-9]{{8,124}}:(?P<session>{SESSION.pattern})")


class RefusedError(ValueError):
    """What about a message cannot be written down. Says nothing of what it holds."""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """`session`: as the identity provider signed it. `cohort`: of the person who has it."""

    session: str
    cohort: str


def sender(sender_id: str, people: Mapping[str, str]) -> Sender:
    """`people`: cohorts by session name in lower case. RefusedError where it is none of them."""
    found = _SENDER.fullmatch(sender_id)
    cohort = people.get(found["session"].lower()) if found else None
    if not found or not cohort:
        raise RefusedError("the sender is no member")
    return Sender(session=found["session"], cohort=cohort)


def finding(body: str, who: Sender) -> dict[str, Any]:
    """One line of the findings log, as `rollout.leaks.credentials` counts it. RefusedError where it is no finding.

    Every key is ours, so that CloudWatch takes no metric out of it (embedded metric format).
    """
    told = _object(body)
    if told.get("action") not in ACTIONS:
        raise RefusedError("no action of a commit guard")
    return {
        "finding": "credential",
        "source": "commit-guard",
        "action": told["action"],
        "kind": _text(told, "kind"),
        "repository": _text(told, "repository"),
        "count": _count(told.get("count")),
        "found_at": _time(told.get("found_at")),
        "user": who.session,
        "cohort": who.cohort,
    }


def _object(body: str) -> Mapping[str, Any]:
    try:
        told: object = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise RefusedError("no JSON object")
    return cast("dict[str, Any]", told)


def _text(told: Mapping[str, Any], key: str) -> str:
    """Names of kinds and repositories; a folder's may have any character, and another becomes a question mark."""
    value = told.get(key)
    if not isinstance(value, str) or not value:
        raise RefusedError(f"no {key}")
    return re.sub(r"[^\w ./:+@~-]", "?", value)[:MAX_TEXT]


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_COUNT:
        raise RefusedError("no count of lines")
    return value


def _time(value: object) -> str | None:
    return value if isinstance(value, str) and _TIME.fullmatch(value) else None
