"""Okta's search expressions: `profile.email eq "a@x" or (status eq "ACTIVE" and profile.lastName sw "B")`.

`and` binds tighter than `or`. Anything else than eq, sw, co, and, or, parentheses is refused as malformed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from typing import Any

from .errors import OktaError
from .store import Thing

Predicate = Callable[[Thing], bool]

TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<mark>[()])|(?P<word>[A-Za-z_][\w.]*))')
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "eq": str.__eq__,
    "sw": str.startswith,
    "co": str.__contains__,
}
DEEPEST = 20


def predicate(expression: str, attributes: Collection[str], *, ignore_case: bool) -> Predicate:
    """`search` ignores case and `filter` does not; attributes outside the given ones are refused."""
    return _Parser(_tokens(expression), attributes, ignore_case=ignore_case).whole()


def malformed() -> OktaError:
    return OktaError("E0000031")


def _tokens(expression: str) -> list[str]:
    tokens: list[str] = []
    place, end = 0, len(expression.rstrip())
    while place < end:
        found = TOKEN.match(expression, place)
        if not found:
            raise malformed()
        tokens.append(found[found.lastgroup or 0])
        place = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str], attributes: Collection[str], *, ignore_case: bool) -> None:
        self._tokens = tokens[::-1]
        self._attributes = attributes
        self._fold: Callable[[str], str] = str.casefold if ignore_case else str

    def whole(self) -> Predicate:
        found = self._either(0)
        if self._tokens:
            raise malformed()
        return found

    def _next(self) -> str:
        if not self._tokens:
            raise malformed()
        return self._tokens.pop()

    def _joined(self, word: str, part: Callable[[], Predicate]) -> list[Predicate]:
        parts = [part()]
        while self._tokens and self._tokens[-1].lower() == word:
            self._next()
            parts.append(part())
        return parts

    def _either(self, depth: int) -> Predicate:
        parts = self._joined("or", lambda: self._both(depth))
        return parts[0] if len(parts) == 1 else lambda thing: any(part(thing) for part in parts)

    def _both(self, depth: int) -> Predicate:
        parts = self._joined("and", lambda: self._term(depth))
        return parts[0] if len(parts) == 1 else lambda thing: all(part(thing) for part in parts)

    def _term(self, depth: int) -> Predicate:
        token = self._next()
        if token != "(":
            return self._comparison(token)
        if depth == DEEPEST:
            raise malformed()
        inner = self._either(depth + 1)
        if self._next() != ")":
            raise malformed()
        return inner

    def _comparison(self, attribute: str) -> Predicate:
        operator = OPERATORS.get(self._next().lower())
        wanted = self._fold(_text(self._next()))
        if operator is None or attribute not in self._attributes:
            raise malformed()
        return lambda thing: operator(self._fold(_value(thing, attribute)), wanted)


def _text(token: str) -> str:
    if not token.startswith('"'):
        raise malformed()
    try:
        return str(json.loads(token))
    except ValueError:
        raise malformed() from None


def _value(thing: Thing, attribute: str) -> str:
    value: Any = {**thing.body, "id": thing.id}
    for step in attribute.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
