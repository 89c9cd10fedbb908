"""Decides what an IAM policy document says about one request. Pure, and closed on failure.

Three answers exist for each statement: it applies, it does not, or it holds something this evaluator does not know.
The unknown never grants: for `allows` an Allow must apply for certain and a Deny need only be possible; `judge`, which
tells the two kinds of refusal apart, raises `Unknown` instead of guessing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from sandbox.aws.conditions import Request, Unknown, all_hold, as_list, conditions_hold, glob, like, parts, texts


class Verdict(Enum):
    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicit deny"
    EXPLICIT_DENY = "explicit deny"


def _action(statement: Mapping[str, Any], request: Request) -> bool:
    field_name = "Action" if "Action" in statement else "NotAction"
    if field_name not in statement:
        raise Unknown("statement without Action")
    hit = any(
        glob([(False, text)], re.DOTALL | re.IGNORECASE).fullmatch(request.action)
        for text in texts(statement[field_name])
    )
    return hit is (field_name == "Action")


def _principal(statement: Mapping[str, Any], request: Request) -> bool:
    if request.principal is None:
        return True
    wanted = statement.get("Principal")
    if wanted == "*":
        # Says "everyone", which for a Deny includes us; whether an Allow means federated people is not certain.
        raise Unknown("principal *")
    if not isinstance(wanted, dict):  # NotPrincipal, or nothing
        raise Unknown("statement without Principal")
    kind, name = request.principal
    named = texts(wanted.get(kind, []))
    if "*" in named or "*" in texts(wanted.get("AWS", [])):
        raise Unknown("principal *")
    return name in named


def _resource(statement: Mapping[str, Any], request: Request, version: str) -> bool:
    if request.resource is None:
        return True
    field_name = "Resource" if "Resource" in statement else "NotResource"
    if field_name not in statement:
        raise Unknown("statement without Resource")
    hit = any(like(parts(text, request, version), request.resource) for text in texts(statement[field_name]))
    return hit is (field_name == "Resource")


def _applies(statement: Any, request: Request, version: str) -> bool:
    if not isinstance(statement, dict):
        raise Unknown(f"statement {statement}")
    return all_hold(
        (
            lambda: _action(statement, request),
            lambda: _principal(statement, request),
            lambda: _resource(statement, request, version),
            lambda: conditions_hold(statement, request, version),
        )
    )


def _verdicts(documents: Iterable[Mapping[str, Any]], request: Request) -> Iterator[tuple[bool, bool | Unknown]]:
    """Of each statement: whether it is an Allow, and whether it applies."""
    for document in documents:
        version = str(document.get("Version", "2008-10-17"))
        for statement in as_list(document.get("Statement", [])):
            is_allow = isinstance(statement, dict) and statement.get("Effect") == "Allow"
            try:
                yield is_allow, _applies(statement, request, version)
            except Unknown as error:
                yield is_allow, error


def allows(documents: Iterable[Mapping[str, Any]], request: Request) -> bool:
    """Whether the documents together allow the request: some Allow applies, and no Deny may."""
    verdicts = list(_verdicts(documents, request))
    denied = any(applies is not False for is_allow, applies in verdicts if not is_allow)
    return not denied and any(applies is True for is_allow, applies in verdicts if is_allow)


def judge(documents: Iterable[Mapping[str, Any]], request: Request) -> Verdict:
    """What the documents together say; raises Unknown where some statement cannot be judged and no Deny settles it."""
    verdicts = list(_verdicts(documents, request))
    if any(applies is True for is_allow, applies in verdicts if not is_allow):
        return Verdict.EXPLICIT_DENY
    for _, applies in verdicts:
        if isinstance(applies, Unknown):
            raise applies
    return Verdict.ALLOWED if any(applies is True for _, applies in verdicts) else Verdict.IMPLICIT_DENY
