"""Metric math: arithmetic, comparisons, `AND`, `OR`, FILL, IF, SUM, AVG, MIN, MAX and SEARCH.

A series has a value in some periods only: two are combined where both have one, and what is divided by zero has none.
Functions that are not named here are refused, never guessed.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lark import Token, Tree
from moto.cloudwatch.exceptions import ValidationError

from sandbox.aws.metrics.language import parsed
from sandbox.aws.metrics.series import Metrics, Points

SERIES_AT_MOST = 100
_SCHEMA = re.compile(r"\s*\{\s*([^,{}]+?)\s*((?:,\s*[^,{}]+?\s*)*)\}\s*(.*)", re.DOTALL)
_TERM = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
Operation = Callable[[float, float], float]
_ARITHMETIC: dict[str, Operation] = {
    "added": operator.add,
    "subtracted": operator.sub,
    "multiplied": operator.mul,
    "divided": operator.truediv,
    "raised": operator.pow,
    "all": lambda left, right: float(bool(left) and bool(right)),
    "any": lambda left, right: float(bool(left) or bool(right)),
}
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_SUMMARIES: dict[str, Callable[[list[float]], float]] = {
    "SUM": sum,
    "AVG": lambda values: sum(values) / len(values),
    "MIN": min,
    "MAX": max,
}


@dataclass(frozen=True)
class Series:
    points: Points
    label: str = ""


Value = float | str | Series | list[Series]


@dataclass(frozen=True)
class Expression:
    """One query's. `known`: the series of the other queries, by id. `period`: seconds, of what SEARCH finds and FILL
    fills."""

    id: str
    text: str
    metrics: Metrics
    known: Mapping[str, Value]
    period: int

    def value(self) -> Value:
        return self._of(parsed(self.text, self.id))

    def _of(self, tree: Any) -> Value:
        children: list[Any] = tree.children
        match tree.data:
            case "number":
                return float(children[0])
            case "string":
                return str(children[0])[1:-1]
            case "id":
                return self._known(str(children[0]))
            case "negative":
                return self._each(operator.mul, -1.0, self._of(children[0]))
            case "list":
                return self._list(children)
            case "call":
                return self._call(str(children[0]), [self._of(child) for child in children[1:]])
            case "comparison":
                compare = _COMPARISONS[str(children[1])]
                left, right = self._of(children[0]), self._of(children[2])
                return self._each(lambda a, b: float(compare(a, b)), left, right)
            case name:
                return self._each(_ARITHMETIC[name], self._of(children[0]), self._of(children[1]))

    def _known(self, name: str) -> Value:
        if name not in self.known:
            raise self._mistake(f"no query has the id {name}")
        return self.known[name]

    def _list(self, children: list[Tree[Token]]) -> list[Series]:
        found: list[Series] = []
        for child in children:
            value = self._of(child)
            match value:
                case Series():
                    found.append(value)
                case list():
                    found += value
                case _:
                    raise self._mistake("a list holds series only")
        return found

    def _each(self, operation: Operation, left: Value, right: Value) -> Value:
        """In each period where both have a value; a number has one in each."""
        match left, right:
            case (float(), float()):
                found = _tried(operation, left, right)
                if found is None:
                    raise self._mistake("division by zero")
                return found
            case (Series(), Series()):
                both = [(at, left.points[at], right.points[at]) for at in left.points if at in right.points]
            case (Series(), float()):
                both = [(at, point, right) for at, point in left.points.items()]
            case (float(), Series()):
                both = [(at, left, point) for at, point in right.points.items()]
            case _:
                raise self._mistake("arithmetic is of series and numbers only")
        tried = {at: _tried(operation, a, b) for at, a, b in both}
        return Series({at: point for at, point in tried.items() if point is not None})

    def _call(self, name: str, given: list[Value]) -> Value:
        match name, given:
            case "FILL", [Series() as series, float() as instead]:
                periods = self.metrics.within.periods(self.period)
                return Series({at: series.points.get(at, instead) for at in periods})
            case "IF", [condition, then, otherwise]:
                return self._if(condition, then, otherwise)
            case "SEARCH", [str() as search, str() as statistic, *rest] if all(isinstance(r, float) for r in rest):
                return self._search(search, statistic, *(int(r) for r in rest if isinstance(r, float)))
            case (("SUM" | "AVG" | "MIN" | "MAX"), [Series() as series]):
                values = list(series.points.values())
                return _SUMMARIES[name](values) if values else Series({})
            case (("SUM" | "AVG" | "MIN" | "MAX"), [list() as many]):
                return _across(_SUMMARIES[name], many)
            case _:
                raise self._mistake(f"{name} is not known to the sandbox, or not of such arguments")

    def _if(self, condition: Value, then: Value, otherwise: Value) -> Value:
        if isinstance(condition, float):
            return then if condition else otherwise
        if not isinstance(condition, Series):
            raise self._mistake("IF asks a series or a number")
        chosen = {at: _at(then if holds else otherwise, at) for at, holds in condition.points.items()}
        return Series({at: point for at, point in chosen.items() if point is not None})

    def _search(self, text: str, statistic: str, period: int | None = None) -> list[Series]:
        """`{Namespace,Dimension,...} Name="value" ...`: metrics of exactly these dimensions."""
        found = _SCHEMA.fullmatch(text)
        terms = dict(_TERM.findall(found[3])) if found else {}
        if found is None or _TERM.sub("", found[3]).strip():
            raise self._mistake(f"SEARCH is not known to the sandbox in this form: {text}")
        names = {name.strip() for name in found[2].split(",") if name.strip()}
        series: list[Series] = []
        for namespace, metric, dimensions in self.metrics.keys():  # noqa: SIM118  no mapping
            has = {**dict(dimensions), "MetricName": metric}
            if namespace == found[1] and has.keys() == names | {"MetricName"} and terms.items() <= has.items():
                label = " ".join(value for _, value in sorted(dimensions)) or metric
                key = (namespace, metric, dimensions)
                series.append(Series(self.metrics.points(key, statistic, period or self.period), label))
        return series[:SERIES_AT_MOST]

    def _mistake(self, what: str) -> ValidationError:
        return ValidationError(f"Error in expression '{self.id}': {what}")


def _tried(operation: Operation, left: float, right: float) -> float | None:
    try:
        return float(operation(left, right))
    except (ZeroDivisionError, OverflowError):
        return None


def _at(value: Value, at: int) -> float | None:
    match value:
        case float():
            return value
        case Series():
            return value.points.get(at)
        case _:
            return None


def _across(summary: Callable[[list[float]], float], many: list[Series]) -> Series:
    """In each period, of the series that have a value there."""
    periods = sorted({at for series in many for at in series.points})
    return Series({at: summary([s.points[at] for s in many if at in s.points]) for at in periods})
