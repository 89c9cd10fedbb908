"""Logs Insights: the part of its language that is asked of it here, over what moto's log groups hold.

Known: `filter`, `fields`, `display`, `stats … by …`, `sort`, `limit`, `dedup`, `bin()`, arithmetic, comparisons,
`like`, `in`, and the functions in `values`. Not known, and refused: `parse`, `pattern`, `diff`, `anomaly`, `unnest`,
`join`, a second `stats`, regular expressions that only AWS's engine has. Numbers are exact here, doubles on AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from lark import Token, Tree

from sandbox.aws.insights.language import parsed
from sandbox.aws.insights.values import Row, number, truth, value

LIMIT, LIMIT_AT_MOST = 10_000, 10_000


def run(text: str, events: Iterable[Mapping[str, Any]]) -> list[Row]:
    """`events`: each with `timestamp` (milliseconds), `message`, `log_group` and `stream`."""
    rows = sorted(map(_row, events), key=lambda row: row["@timestamp"], reverse=True)
    shown: list[str] | None = None
    limit = LIMIT
    for command in parsed(text):
        match command.data:
            case "filter":
                rows = [row for row in rows if truth(value(command.children[0], row))]
            case "fields" | "display":
                named = [_named(child) for child in command.children]
                shown = [name for name, _ in named] if command.data == "display" else [*(shown or []), *dict(named)]
                rows = [{**row, **{name: value(tree, row) for name, tree in named}} for row in rows]
            case "stats":
                rows = _stats(command, rows)
                shown = None
            case "sort":
                rows = _sorted(command, rows)
            case "limit":
                limit = min(int(str(command.children[0])), LIMIT_AT_MOST)
            case _:
                rows = _first_of_each(command, rows)
    picked = [{name: row.get(name) for name in shown} if shown else row for row in rows[:limit]]
    return [{name: _text(name, value) for name, value in row.items() if value is not None} for row in picked]


def execute(log_groups: list[Any], query: str, start_time: int, end_time: int) -> list[Row]:
    """In place of moto's: `start_time` and `end_time` are seconds, both within."""
    events = (
        {
            "timestamp": event.timestamp,
            "message": event.message,
            "log_group": group.name,
            "stream": stream.log_stream_name,
        }
        for group in log_groups
        for stream in list(group.streams.values())
        for event in list(stream.events)
        if start_time <= event.timestamp / 1000 <= end_time
    )
    return run(query, events)


# Rows


def _row(event: Mapping[str, Any]) -> Row:
    row: Row = {
        "@timestamp": int(event["timestamp"]),
        "@message": event["message"],
        "@log": event["log_group"],
        "@logStream": event["stream"],
    }
    try:
        document = json.loads(event["message"], parse_float=Decimal)
    except ValueError:
        return row
    return {**dict(_flat(document, "")), **row} if isinstance(document, dict) else row


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Fields as Logs Insights discovers them: `a.b`, `list.0`; a null is no field."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in parts:
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif value is not None:
        yield path, value


def _text(name: str, value: Any) -> str:
    if name == "@timestamp" or isinstance(value, datetime):
        at = value if isinstance(value, datetime) else datetime.fromtimestamp(value / 1000, UTC)
        return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03}"
    if isinstance(value, bool):
        return str(int(value))
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


# Commands


def _first_of_each(command: Tree[Token], rows: list[Row]) -> list[Row]:
    kept: dict[tuple[str, ...], Row] = {}
    for row in rows:
        kept.setdefault(tuple(str(value(child, row)) for child in command.children), row)
    return list(kept.values())


def _named(tree: Any) -> tuple[str, Any]:
    """(what the column is called, its expression)."""
    expression, alias = tree.children
    return (str(alias).strip("`") if alias else _source(expression)), expression


def _source(tree: Any) -> str:
    if not isinstance(tree, Tree):
        return str(tree)
    if tree.data == "call":
        return f"{tree.children[0]}({','.join(_source(child) for child in tree.children[1:] if child is not None)})"
    return " ".join(_source(child) for child in tree.children) or "*"


def _stats(command: Tree[Token], rows: list[Row]) -> list[Row]:
    *named, by = command.children
    keys = [_named(child) for child in by.children] if isinstance(by, Tree) else []
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(value(tree, row) for _, tree in keys), []).append(row)
    if not keys and not groups:
        groups = {(): []}
    found: list[Row] = []
    for values, members in groups.items():
        row: Row = {name: found for (name, _), found in zip(keys, values, strict=True)}
        row |= {name: value(tree, members) for name, tree in map(_named, named)}
        found.append(row)
    return found


def _sorted(command: Tree[Token], rows: list[Row]) -> list[Row]:
    for order in reversed(command.children):
        tree, direction = order.children  # type: ignore[union-attr]
        descending = direction is None or str(direction).lower() == "desc"
        rows = sorted(
            rows, key=cmp_to_key(lambda a, b, tree=tree: _order(value(tree, a), value(tree, b))), reverse=descending
        )
    return rows


def _order(one: Any, other: Any) -> int:
    """Numbers by size, then the rest by its letters; what is missing comes first."""
    ranks = [(0, 0) if v is None else (1, n) if (n := number(v)) is not None else (2, str(v)) for v in (one, other)]
    return (ranks[0] > ranks[1]) - (ranks[0] < ranks[1])  # type: ignore[operator]
