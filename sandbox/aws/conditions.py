"""Whether the conditions of a policy's statement hold for a request; what is not known raises `Unknown`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
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


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> list[str]:
    found = as_list(value)
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


def parts(text: str, request: Request, version: str) -> Iterable[tuple[bool, str]]:
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


def glob(pieces: Iterable[tuple[bool, str]], flags: re.RegexFlag = re.DOTALL) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    return re.compile(
        "".join(
            re.escape(piece) if literal else "".join(wild.get(char, re.escape(char)) for char in piece)
            for literal, piece in pieces
        ),
        flags,
    )


def plain(pieces: Iterable[tuple[bool, str]]) -> str:
    return "".join(piece for _, piece in pieces)


def like(pieces: Iterable[tuple[bool, str]], value: str) -> bool:
    return bool(glob(pieces).fullmatch(value))


def _arn_like(pieces: Iterable[tuple[bool, str]], value: str) -> bool:
    pattern, given = list(pieces), value.split(":", 5)
    if any(literal and ":" in piece for literal, piece in pattern):
        raise Unknown(f"ARN {plain(pattern)}")
    wanted = plain(pattern).split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return False
    return all(glob([(False, want)]).fullmatch(have) for want, have in zip(wanted, given, strict=True))


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
    network = plain(pieces)
    try:
        return ip_address(value) in ip_network(network, strict=False)
    except ValueError as error:
        raise Unknown(f"address {network}") from error


Matcher = Callable[[Iterable[tuple[bool, str]], str], bool]


def _compared(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Matcher:
    """The request's value on the left, as the operators' names read."""
    return lambda pieces, value: compare(read(value), read(plain(pieces)))


# Operator -> (how one policy value is held against one request value, whether the operator negates).
OPERATORS: dict[str, tuple[Matcher, bool]] = {
    "stringequals": (lambda pieces, value: plain(pieces) == value, False),
    "stringnotequals": (lambda pieces, value: plain(pieces) == value, True),
    "stringequalsignorecase": (lambda pieces, value: plain(pieces).lower() == value.lower(), False),
    "stringnotequalsignorecase": (lambda pieces, value: plain(pieces).lower() == value.lower(), True),
    "stringlike": (like, False),
    "stringnotlike": (like, True),
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
    "bool": (lambda pieces, value: plain(pieces).lower() == value.lower(), False),
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
    hits = [any(matcher(parts(text, request, version), value) for text in wanted) is not negated for value in values]
    if quantifier == "forallvalues":
        return all(hits)
    if quantifier == "foranyvalue":
        return any(hits)
    if len(values) > 1:
        raise Unknown(f"condition key {key} with several values")
    return hits[0]


def all_hold(tests: Iterable[Callable[[], bool]]) -> bool:
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


def conditions_hold(statement: Mapping[str, Any], request: Request, version: str) -> bool:
    block = statement.get("Condition", {})
    if not isinstance(block, dict) or not all(isinstance(keys, dict) for keys in block.values()):
        raise Unknown(f"condition {block}")
    tests = [(test, key, value) for test, keys in block.items() for key, value in keys.items()]
    return all_hold(lambda test=test: _holds(test[0], test[1], texts(test[2]), request, version) for test in tests)
