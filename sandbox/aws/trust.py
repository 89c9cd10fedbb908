"""Decides what an IAM policy document says about one request. Pure, and closed on failure.

Three answers exist for each statement: it applies, it does not, or it holds something this evaluator does not know.
The unknown never grants: for `allows` an Allow must apply for certain and a Deny need only be possible; `judge`, which
tells the two kinds of refusal apart, raises `Unknown` instead of guessing.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from ipaddress import ip_address, ip_network
from typing import Any

Values = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Request:
    """Who asks for what. `context` maps each known condition key, in lower case, to its values; none means absent.

    `complete` names beginnings of keys, such as `aws:principaltag/`, of which the context holds every one there is.
    """

    action: str
    principal: tuple[str, str] | None = None  # ("Federated", ARN), ("Service", host)
    resource: str | None = None
    context: Mapping[str, Values] = field(default_factory=dict)
    complete: tuple[str, ...] = ()

    def values(self, key: str) -> Values | None:
        """None where it is not known whether the request carries the key."""
        found = self.context.get(key.lower())
        return () if found is None and key.lower().startswith(self.complete) else found


class Unknown(Exception):  # noqa: N818 - it is an answer, not an error
    """The statement cannot be judged; says what is not known."""


class Verdict(Enum):
    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicit deny"
    EXPLICIT_DENY = "explicit deny"


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> list[str]:
    found = _as_list(value)
    if not all(isinstance(item, str | bool | int) for item in found):
        raise Unknown(f"value {value}")
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in found]


_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_LITERALS = {"*": "*", "?": "?", "$": "$"}


def _variable(name: str, request: Request) -> str:
    if name in _LITERALS:
        return _LITERALS[name]
    key, _, default = (part.strip() for part in name.partition(","))
    values = request.values(key)
    if values is None or len(values) > 1 or (not values and not default):
        raise Unknown(f"variable ${{{name}}}")
    return values[0] if values else default.strip("'")


def _parts(text: str, request: Request, version: str) -> Iterable[tuple[bool, str]]:
    """`text` cut into (is literal, piece): what a variable stands for is never a wildcard."""
    if version != "2012-10-17":
        yield False, text
        return
    position = 0
    for match in _VARIABLE.finditer(text):
        yield False, text[position : match.start()]
        yield True, _variable(match[1], request)
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
        raise Unknown(f"ARN {_plain(pattern)}")
    wanted = _plain(pattern).split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return False
    return all(_glob([(False, want)]).fullmatch(have) for want, have in zip(wanted, given, strict=True))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Unknown(f"number {text}") from error


def _time(text: str) -> float:
    """ISO 8601, or seconds since 1970."""
    if text.isdecimal():
        return float(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unknown(f"time {text}") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _inside(pieces: Iterable[tuple[bool, str]], value: str) -> bool:
    network = _plain(pieces)
    try:
        return ip_address(value) in ip_network(network, strict=False)
    except ValueError as error:
        raise Unknown(f"address {network}") from error


Matcher = Callable[[Iterable[tuple[bool, str]], str], bool]


def _compared(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Matcher:
    """The request's value on the left, as the operators' names read."""
    return lambda pieces, value: compare(read(value), read(_plain(pieces)))


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
    "ipaddress": (_inside, False),
    "notipaddress": (_inside, True),
}
_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "equals": operator.eq,
    "lessthan": operator.lt,
    "lessthanequals": operator.le,
    "greaterthan": operator.gt,
    "greaterthanequals": operator.ge,
}
for _kind, _read in (("date", _time), ("numeric", _number)):
    OPERATORS.update({f"{_kind}{_name}": (_compared(_read, _order), False) for _name, _order in _ORDERS.items()})
    OPERATORS[f"{_kind}notequals"] = (_compared(_read, operator.eq), True)


def _operator(name: str) -> tuple[str, str, bool]:
    """("", "foranyvalue" or "forallvalues"; the operator; whether it ends in IfExists)."""
    quantifier, _, rest = name.lower().rpartition(":")
    if quantifier not in {"", "foranyvalue", "forallvalues"}:
        raise Unknown(f"condition operator {name}")
    return quantifier, rest.removesuffix("ifexists"), rest.endswith("ifexists")


def _holds(test: str, key: str, wanted: list[str], request: Request, version: str) -> bool:
    quantifier, name, if_exists = _operator(test)
    values = request.values(key)
    if values is None:
        raise Unknown(f"condition key {key}")
    if name == "null":
        return all((text.lower() == "true") is (not values) for text in wanted)
    if name not in OPERATORS:
        raise Unknown(f"condition operator {test}")
    matcher, negated = OPERATORS[name]
    if not values:
        return if_exists or quantifier == "forallvalues" or (negated and not quantifier)
    hits = [any(matcher(_parts(text, request, version), value) for text in wanted) is not negated for value in values]
    if quantifier == "forallvalues":
        return all(hits)
    if quantifier == "foranyvalue":
        return any(hits)
    if len(values) > 1:
        raise Unknown(f"condition key {key} with several values")
    return hits[0]


def _all(tests: Iterable[Callable[[], bool]]) -> bool:
    """One that fails settles it, even after one that is not known."""
    unknown: Unknown | None = None
    for test in tests:
        try:
            if not test():
                return False
        except Unknown as error:
            unknown = unknown or error
    if unknown:
        raise unknown
    return True


def _conditions(statement: Mapping[str, Any], request: Request, version: str) -> bool:
    block = statement.get("Condition", {})
    if not isinstance(block, dict) or not all(isinstance(keys, dict) for keys in block.values()):
        raise Unknown(f"condition {block}")
    tests = [(test, key, value) for test, keys in block.items() for key, value in keys.items()]
    return _all(lambda test=test: _holds(test[0], test[1], _texts(test[2]), request, version) for test in tests)


def _action(statement: Mapping[str, Any], request: Request) -> bool:
    field_name = "Action" if "Action" in statement else "NotAction"
    if field_name not in statement:
        raise Unknown("statement without Action")
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
        raise Unknown("principal *")
    if not isinstance(wanted, dict):  # NotPrincipal, or nothing
        raise Unknown("statement without Principal")
    kind, name = request.principal
    texts = _texts(wanted.get(kind, []))
    if "*" in texts or "*" in _texts(wanted.get("AWS", [])):
        raise Unknown("principal *")
    return name in texts


def _resource(statement: Mapping[str, Any], request: Request, version: str) -> bool:
    if request.resource is None:
        return True
    field_name = "Resource" if "Resource" in statement else "NotResource"
    if field_name not in statement:
        raise Unknown("statement without Resource")
    hit = any(_like(_parts(text, request, version), request.resource) for text in _texts(statement[field_name]))
    return hit is (field_name == "Resource")


def _applies(statement: Any, request: Request, version: str) -> bool:
    if not isinstance(statement, dict):
        raise Unknown(f"statement {statement}")
    return _all(
        (
            lambda: _action(statement, request),
            lambda: _principal(statement, request),
            lambda: _resource(statement, request, version),
            lambda: _conditions(statement, request, version),
        )
    )


def _verdicts(documents: Iterable[Mapping[str, Any]], request: Request) -> Iterator[tuple[bool, bool | Unknown]]:
    """Of each statement: whether it is an Allow, and whether it applies."""
    for document in documents:
        version = str(document.get("Version", "2008-10-17"))
        for statement in _as_list(document.get("Statement", [])):
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
