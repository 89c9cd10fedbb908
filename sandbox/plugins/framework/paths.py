"""Dotted paths into properties; lists are passed through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.plugins.framework.values import Secret, Unknown


def found(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Each known value at the path with its exact place: `rules[0].name`, "pilot"."""
    yield from _found(value, path.split("."), "")


def _found(value: Any, names: list[str], at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Secret):
        value = value.value
    if value is None or isinstance(value, Unknown):
        return
    if not names:
        yield at, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, names, f"{at}[{index}]")
    elif isinstance(value, dict) and names[0] in value:
        yield from _found(value[names[0]], names[1:], joined(at, names[0]))


def joined(path: str, name: str) -> str:
    """`tags` and `cost-centre` are `tags["cost-centre"]`, as the engine writes property paths."""
    if not name.replace("_", "a").isalnum() or name[:1].isdigit():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{name}" if path else name
