"""The Classic API's documents: XML in. What comes out is read as JSON, but for the id of what was made."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

import httpx

from providers.jamf.errors import JamfError

_ID = re.compile(r"<id>\s*(\d{1,12})\s*</id>")


def element(tag: str, *content: str) -> str:
    """`content`: elements, as they are."""
    return f"<{tag}>{''.join(content)}</{tag}>"


def text(tag: str, value: object) -> str:
    said = str(value).lower() if isinstance(value, bool) else str(value)
    return element(tag, escape(said, quote=False))


def ids(container: str, tag: str, found: Iterable[str]) -> str:
    return element(container, *(element(tag, text("id", each)) for each in found))


def made_id(answer: httpx.Response) -> str:
    match = _ID.search(answer.text[:2000])
    if not match:
        raise JamfError("Jamf Pro did not say what id it gave; refresh, or look it up there")
    return match[1]
