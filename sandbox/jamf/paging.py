"""The Pro API's lists: `page` from 0, `page-size` to 2000, `filter`, and the total."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import request

from sandbox.jamf.errors import JamfError
from sandbox.jamf.scoping import rsql
from sandbox.jamf.store import Json

DEFAULT_SIZE = 100
LARGEST_SIZE = 2000


def page(found: list[Json], filterable: Iterable[str]) -> Json:
    """Items of a list by their own keys."""
    if text := request.args.get("filter"):
        fields = {name: (lambda item, name=name: item.get(name)) for name in filterable}
        found = list(filter(rsql.predicate(text, rsql.over(fields)), found))
    return cut(found)


def cut(found: list[Any]) -> Json:
    number, size = _whole("page", 0), _whole("page-size", DEFAULT_SIZE)
    if not 1 <= size <= LARGEST_SIZE:
        raise JamfError(400, f"page-size must be from 1 to {LARGEST_SIZE}", code="INVALID_FIELD", field="page-size")
    return {"totalCount": len(found), "results": found[number * size : (number + 1) * size]}


def _whole(name: str, default: int) -> int:
    text = request.args.get(name, str(default))
    if not text.isdecimal() or len(text) > 9:
        raise JamfError(400, f"{name} must be a number", code="INVALID_FIELD", field=name)
    return int(text)
