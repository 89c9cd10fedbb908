"""Settings as somebody may have written them: each part may be of any type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

Document = Mapping[str, Any]
# A path, and what is wrong there.
Found = Iterator[tuple[str, str]]


def map_of(document: Document, *path: str) -> Document:
    value: Any = document
    for key in path:
        value = cast("Document", value).get(key) if isinstance(value, Mapping) else None
    return cast("Document", value) if isinstance(value, Mapping) else {}


def list_of(document: Document, key: str) -> list[Any]:
    value: object = document.get(key)
    return cast("list[Any]", value) if isinstance(value, list) else []
