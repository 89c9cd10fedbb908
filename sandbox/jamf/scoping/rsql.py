"""RSQL, the Pro API's filter language: `a=="b";c=in=(d,e)`, where `;` is and, `,` is or, and `*` is any text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from sandbox.jamf.errors import JamfError

LONGEST = 4000
DEEPEST = 20
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<operator>==|!=|=in=|=out=|=gt=|=ge=|=lt=|=le=|>=|<=|>|<)"""
    r"""|(?P<mark>[();,])|(?P<word>[^\s"'();,=!<>]+))""",
    re.ASCII,
)

Comparison = Callable[[str, str, list[str]], Callable[[Any], bool] | None]
Predicate = Callable[[Any], bool]
Tokens = list[tuple[str, str]]
Reader = Callable[[Tokens, Comparison, int], tuple[Predicate, Tokens]]


def predicate(text: str, compare: Comparison) -> Predicate:
    """`compare(field, operator, values)` makes each comparison's predicate; 400 for what is no RSQL."""
    if len(text) > LONGEST:
        _refuse(text[:40])
    tokens = _tokens(text)
    found, rest = _any_of(tokens, compare, 0)
    if rest:
        _refuse(rest[0][1])
    return found


def compared(have: Any, operator: str, values: list[str]) -> bool:
    """One comparison, of text without regard to case; missing values equal nothing."""
    text = "" if have is None else str(have).lower() if isinstance(have, bool) else str(have)
    match operator:
        case "==":
            return any(_like(text, value) for value in values)
        case "!=":
            return not any(_like(text, value) for value in values)
        case "=in=":
            return any(_like(text, value) for value in values)
        case "=out=":
            return not any(_like(text, value) for value in values)
        case "=gt=" | ">":
            return text > values[0]
        case "=ge=" | ">=":
            return text >= values[0]
        case "=lt=" | "<":
            return text < values[0]
        case _:
            return text <= values[0]


def over(fields: Mapping[str, Callable[[Any], Any]]) -> Comparison:
    """Comparisons of named fields; 400 for a field that cannot be filtered by."""

    def compare(field: str, operator: str, values: list[str]) -> Predicate:
        if field not in fields:
            raise JamfError(400, f"Invalid filter field: {field}", code="INVALID_FIELD", field="filter")
        return lambda item: compared(fields[field](item), operator, values)

    return compare


def _like(have: str, want: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in want.split("*"))
    return re.fullmatch(pattern, have, re.IGNORECASE | re.DOTALL) is not None


def _tokens(text: str) -> Tokens:
    found: Tokens = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            _refuse(text[at:])
        kind, value = match.lastgroup or "", match[match.lastgroup or 0]
        if kind == "word" and value.casefold() in {"and", "or"}:
            kind, value = "mark", ";" if value.casefold() == "and" else ","
        found.append((kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "text" else value))
        at = match.end()
    return found


def _any_of(tokens: Tokens, compare: Comparison, depth: int) -> tuple[Predicate, Tokens]:
    parts, tokens = _joined(",", _all_of, tokens, compare, depth)
    return (lambda item: any(part(item) for part in parts)), tokens


def _all_of(tokens: Tokens, compare: Comparison, depth: int) -> tuple[Predicate, Tokens]:
    parts, tokens = _joined(";", _one, tokens, compare, depth)
    return (lambda item: all(part(item) for part in parts)), tokens


def _joined(mark: str, read: Reader, tokens: Tokens, compare: Comparison, depth: int) -> tuple[list[Predicate], Tokens]:
    found, tokens = read(tokens, compare, depth)
    parts = [found]
    while tokens and tokens[0] == ("mark", mark):
        found, tokens = read(tokens[1:], compare, depth)
        parts.append(found)
    return parts, tokens


def _one(tokens: Tokens, compare: Comparison, depth: int) -> tuple[Predicate, Tokens]:
    if tokens and tokens[0] == ("mark", "(") and depth < DEEPEST:
        found, rest = _any_of(tokens[1:], compare, depth + 1)
        if not rest or rest[0] != ("mark", ")"):
            _refuse("(")
        return found, rest[1:]
    if len(tokens) < 3 or tokens[0][0] != "word" or tokens[1][0] != "operator":
        _refuse(tokens[0][1] if tokens else "")
    (_, field), (_, operator), *rest = tokens
    values, rest = _values(rest, several=operator in {"=in=", "=out="})
    return compare(field, operator, values) or (lambda _: True), rest


def _values(tokens: Tokens, *, several: bool) -> tuple[list[str], Tokens]:
    if not several:
        if tokens[0][0] not in {"word", "text"}:
            _refuse(tokens[0][1])
        return [tokens[0][1]], tokens[1:]
    if tokens[0] != ("mark", "("):
        _refuse(tokens[0][1])
    end = next((at for at, token in enumerate(tokens) if token == ("mark", ")")), None)
    if end is None:
        _refuse("(")
    return [value for kind, value in tokens[1:end] if kind in {"word", "text"}], tokens[end + 1 :]


def _refuse(near: str) -> NoReturn:
    raise JamfError(400, f"Invalid filter near: {near[:40]}", code="INVALID_FILTER", field="filter")
