"""Values of a query's expressions. `over` is one row, or in `stats` the rows of a group."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.aws.refusals import JsonRefusal

Row = dict[str, Any]
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def value(tree: Any, over: Any) -> Any:
    """None where a field is missing, or a calculation has no result."""
    return KINDS[tree.data](tree.children, over)


def _among(parts: Sequence[Any], over: Any) -> bool:
    wanted, *options = (value(part, over) for part in parts)
    return any(_compare(wanted, "=", option) for option in options)


KINDS: Mapping[str, Callable[[Sequence[Any], Any], Any]] = {
    "number": lambda parts, _: Decimal(str(parts[0])),
    "string": lambda parts, _: str(parts[0])[1:-1],
    "field": lambda parts, over: _field(str(parts[0]).strip("`"), over),
    "call": lambda parts, over: _call(str(parts[0]).lower(), [part for part in parts[1:] if part is not None], over),
    "either": lambda parts, over: any(truth(value(part, over)) for part in parts),
    "both": lambda parts, over: all(truth(value(part, over)) for part in parts),
    "not_": lambda parts, over: not truth(value(parts[0], over)),
    "like": lambda parts, over: _like(value(parts[0], over), str(parts[1])),
    "unlike": lambda parts, over: not _like(value(parts[0], over), str(parts[1])),
    "among": _among,
    "compared": lambda parts, over: _compare(value(parts[0], over), str(parts[1]), value(parts[2], over)),
    "negative": lambda parts, over: _calculated(operator.neg, parts, over),
    "added": lambda parts, over: _calculated(operator.add, parts, over),
    "subtracted": lambda parts, over: _calculated(operator.sub, parts, over),
    "multiplied": lambda parts, over: _calculated(operator.mul, parts, over),
    "divided": lambda parts, over: _calculated(operator.truediv, parts, over),
    "rest": lambda parts, over: _calculated(operator.mod, parts, over),
}


def _field(name: str, over: Any) -> Any:
    if isinstance(over, list):
        raise JsonRefusal("MalformedQueryException", f"{name} is neither aggregated nor grouped by")
    return over.get(name)


def _like(given: Any, pattern: str) -> bool:
    if given is None:
        return False
    if pattern.startswith("/"):
        return re.search(pattern[1:-1].replace("\\/", "/"), str(given)) is not None
    return pattern[1:-1] in str(given)


_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _compare(one: Any, how: str, other: Any) -> bool:
    """As numbers where both are, else by their letters; what is missing is like nothing."""
    if one is None or other is None:
        return False
    a, b = number(one), number(other)
    return _COMPARED[how](a, b) if a is not None and b is not None else _COMPARED[how](str(one), str(other))


def _calculated(how: Callable[..., Any], parts: Sequence[Any], over: Any) -> Decimal | None:
    numbers = [number(value(part, over)) for part in parts]
    try:
        return None if None in numbers else how(*numbers)
    except ArithmeticError:  # by nothing, as AWS has it
        return None


def number(given: Any) -> Decimal | None:
    if isinstance(given, datetime):
        return Decimal(int(given.timestamp() * 1000))
    try:
        return Decimal(str(int(given) if isinstance(given, bool) else given))
    except InvalidOperation:
        return None


def truth(given: Any) -> bool:
    return bool(given) and given != "false"


def _call(name: str, arguments: list[Any], over: Any) -> Any:
    if isinstance(over, list) and name in AGGREGATES:
        if name == "count" and (not arguments or arguments[0].data == "star"):
            return Decimal(len(over))
        values = [(row, found) for row in over if (found := value(arguments[0], row)) is not None]
        return AGGREGATES[name](values)
    if name == "bin":
        return _bin(str(arguments[0].children[0]), over)
    if name not in FUNCTIONS:
        raise JsonRefusal("MalformedQueryException", f"no function of ours: {name}")
    return FUNCTIONS[name](*(value(argument, over) for argument in arguments))


def _bin(period: str, row: Any) -> datetime:
    """Counted from 1970-01-01, UTC."""
    found = re.fullmatch(r"(\d+)\s*(\w+)", period)
    if not found or found[2] not in _MILLISECONDS:
        raise JsonRefusal("MalformedQueryException", f"no period of ours: {period}")
    size = int(found[1]) * _MILLISECONDS[found[2]]
    return datetime.fromtimestamp(row["@timestamp"] // size * size / 1000, UTC)


Values = list[tuple[Row, Any]]


def _numbers(values: Values) -> list[Decimal]:
    return [found for _, given in values if (found := number(given)) is not None]


AGGREGATES: Mapping[str, Callable[[Values], Any]] = {
    "count": lambda values: Decimal(len(values)),
    "count_distinct": lambda values: Decimal(len({str(value) for _, value in values})),
    "sum": lambda values: sum(_numbers(values), Decimal(0)),
    "avg": lambda values: sum(_numbers(values), Decimal(0)) / len(_numbers(values)) if _numbers(values) else None,
    "min": lambda values: min(_numbers(values), default=None),
    "max": lambda values: max(_numbers(values), default=None),
    "latest": lambda values: max(values, key=lambda one: one[0]["@timestamp"])[1] if values else None,
    "earliest": lambda values: min(values, key=lambda one: one[0]["@timestamp"])[1] if values else None,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "ispresent": lambda value: value is not None,
    "isempty": lambda value: value is None or value == "",
    "isblank": lambda value: value is None or not str(value).strip(),
    "strcontains": lambda value, part: int(value is not None and str(part) in str(value)),
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "abs": lambda given: None if (found := number(given)) is None else abs(found),
    "frommillis": lambda given: None if (n := number(given)) is None else datetime.fromtimestamp(float(n) / 1000, UTC),
    "tolower": lambda value: None if value is None else str(value).lower(),
}
