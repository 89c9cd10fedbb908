"""Decides what an IAM policy document says about one request. Pure, and closed on failure.

Three answers exist for each statement: it applies, it does not, or it holds something this evaluator does not know.
The unknown never grants: an Allow must apply for certain, a Deny need only be possible.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Request:
    """Who asks for what. `context` maps each known condition key, in lower case, to its values; none means absent."""

    action: str
    principal: tuple[str, str] | None = None  # ("Federated", ARN), ("Service", host)
    resource: str | None = None
    context: Mapping[str, Values] = field(default_factory=dict)


class Unknown(Exception):  # noqa: N818 - it is an answer, not an error
    """The statement cannot be judged."""


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> list[str]:
    found = _as_list(value)
    if not all(isinstance(item, str | bool | int) for item in found):
        raise Unknown
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in found]


_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERALS = {"*": "*", "?": "?", "$": "$"}


def _variable(name: str, context: Mapping[str, Values]) -> str:
    if name in _LITERALS:
        return _LITERALS[name]
    key, _, default = (part.strip() for part in name.partition(","))
    values = context.get(key.lower())
    if values is None or len(values) > 1 or (not values and not default):
        raise Unknown
    return values[0] if values else default.strip("'")


def _parts(text: str, request: Request, version: str) -> Iterable[tuple[bool, str]]:
    """`text` cut into (is literal, piece): what a variable stands for is never a wildcard."""
    if version != "2012-10-17":
        yield False, text
        return
    position = 0
    for match in _VARIABLE.finditer(text):
        yield False, text[position : match.start()]
        yield True, _variable(match[1], request.context)
        position = match.end()
    yield False, text[position:]


def _glob(pieces: Iterable[tuple[bool, str]], flags: re.RegexFlag = re.DOTALL) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile(
        "".join(
            re.escape(piece) if literal else "".join(wild.get(char, re.escape(char)) for char in piece)
            for literal, piece in pieces
        ),
        flags,
    )


def _plain(pieces: Iterable[tuple[bool, str]]) -> str:
    return "".join(piece for _, piece in pieces)


def _like(pieces: Iterable[tuple[bool, str]], value: str) -> bool:
    return bool(_glob(pieces).fullmatch(value))


def _arn_like(pieces: Iterable[tuple[bool, str]], value: str) -> bool:
    pattern, given = list(pieces), value.split(":", 5)
    if any(literal and ":" in piece for literal, piece in pattern):
        raise Unknown
    wanted = _plain(pattern).split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return False
    return all(_glob([(False, want)]).fullmatch(have) for want, have in zip(wanted, given, strict=True))


Matcher = Callable[[Iterable[tuple[bool, str]], str], bool]
# Operator -> (how one policy value is held against one request value, whether the operator negates).
OPERATORS: dict[str, tuple[Matcher, bool]] = {
    "stringequals": (lambda pieces, value: _plain(pieces) == value, False),
    "stringnotequals": (lambda pieces, value: _plain(pieces) == value, True),
    "stringequalsignorecase": (lambda pieces, value: _plain(pieces).lower() == value.lower(), False),
    "stringnotequalsignorecase": (lambda pieces, value: _plain(pieces).lower() == value.lower(), True),
    "stringlike": (_like, False),
    "stringnotlike": (_like, True),
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
    "bool": (lambda pieces, value: _plain(pieces).lower() == value.lower(), False),
}


def _operator(name: str) -> tuple[str, str, bool]:
    """("", "foranyvalue" or "forallvalues"; the operator; whether it ends in IfExists)."""
    quantifier, _, rest = name.lower().rpartition(":")
    if quantifier not in {"", "foranyvalue", "forallvalues"}:
        raise Unknown
    return quantifier, rest.removesuffix("ifexists"), rest.endswith("ifexists")


def _holds(operator: str, key: str, wanted: list[str], request: Request, version: str) -> bool:
    quantifier, name, if_exists = _operator(operator)
    values = request.context.get(key.lower())
    if values is None:
        raise Unknown
    if name == "null":
        return all((text.lower() == "true") is (not values) for text in wanted)
    if name not in OPERATORS:
        raise Unknown
    matcher, negated = OPERATORS[name]
    if not values:
        return if_exists or quantifier == "forallvalues" or (negated and not quantifier)
    hits = [any(matcher(_parts(text, request, version), value) for text in wanted) is not negated for value in values]
    if quantifier == "forallvalues":
        return all(hits)
    if quantifier == "foranyvalue":
        return any(hits)
    if len(values) > 1:
        raise Unknown
    return hits[0]


def _conditions(statement: Mapping[str, Any], request: Request, version: str) -> bool:
    block = statement.get("Condition", {})
    if not isinstance(block, dict) or not all(isinstance(keys, dict) for keys in block.values()):
        raise Unknown
    tests = [(operator, key, value) for operator, keys in block.items() for key, value in keys.items()]
    unknown = False
    for operator, key, value in tests:
        try:
            if not _holds(operator, key, _texts(value), request, version):
                return False
        except Unknown:
            unknown = True
    if unknown:
        raise Unknown
    return True


def _action(statement: Mapping[str, Any], request: Request) -> bool:
    field_name = "Action" if "Action" in statement else "NotAction"
    if field_name not in statement:
        raise Unknown
    hit = any(
        _glob([(False, text)], re.DOTALL | re.IGNORECASE).fullmatch(request.action)
        for text in _texts(statement[field_name])
    )
    return hit is (field_name == "Action")


def _principal(statement: Mapping[str, Any], request: Request) -> bool:
    if request.principal is None:
        return True
    wanted = statement.get("Principal")
    if wanted == "*":
        # Says "everyone", which for a Deny includes us; whether an Allow means federated people is not certain.
        raise Unknown
    if not isinstance(wanted, dict):  # NotPrincipal, or nothing
        raise Unknown
    kind, name = request.principal
    texts = _texts(wanted.get(kind, []))
    if "*" in texts or "*" in _texts(wanted.get("AWS", [])):
        raise Unknown
    return name in texts


def _resource(statement: Mapping[str, Any], request: Request, version: str) -> bool:
    if request.resource is None:
        return True
    field_name = "Resource" if "Resource" in statement else "NotResource"
    if field_name not in statement:
        raise Unknown
    hit = any(_like(_parts(text, request, version), request.resource) for text in _texts(statement[field_name]))
    return hit is (field_name == "Resource")


def _applies(statement: Mapping[str, Any], request: Request, version: str) -> bool | None:
    """True, False, or None where the answer is not known."""
    unknown = False
    for judge in (
        lambda: _action(statement, request),
        lambda: _principal(statement, request),
        lambda: _resource(statement, request, version),
        lambda: _conditions(statement, request, version),
    ):
        try:
            if not judge():
                return False
        except Unknown:
            unknown = True
    return None if unknown else True


def allows(documents: Iterable[Mapping[str, Any]], request: Request) -> bool:
    """Whether the documents together allow the request: some Allow applies, and no Deny may."""
    allowed = False
    for document in documents:
        version = str(document.get("Version", "2008-10-17"))
        for statement in _as_list(document.get("Statement", [])):
            if not isinstance(statement, dict):
                return False
            verdict = _applies(statement, request, version)
            if statement.get("Effect") == "Allow":
                allowed = allowed or verdict is True
            elif verdict is not False:
                return False
    return allowed
