"""Lists in pages, as Okta gives them: an opaque cursor, and one `Link` line per relation.

Two relations joined in one line make the official plug-in ask for the first page for ever.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from flask import Response, jsonify, request

from .errors import refuse

DEFAULT_LIMIT = 200
LARGEST_LIMIT = 200


class Placed(Protocol):
    """Anything with a place in the order of creation."""

    @property
    def seq(self) -> int: ...


T = TypeVar("T", bound=Placed)


def page(items: Sequence[T], view: Callable[[T], Any]) -> Response:
    """The page that `limit` and `after` of the request ask for; a limit above the largest counts as the largest."""
    limit = min(_limit(), LARGEST_LIMIT)
    place = _place()
    rest = [item for item in items if item.seq > place]
    response = jsonify([view(item) for item in rest[:limit]])
    response.headers.add("Link", _link("self", {}))
    if len(rest) > limit:
        response.headers.add("Link", _link("next", {"after": _cursor(rest[limit - 1].seq), "limit": str(limit)}))
    return response


def _limit() -> int:
    text = request.args.get("limit", str(DEFAULT_LIMIT))
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) > 0):
        refuse("limit", "must be a positive integer")
    return int(text)


def _place() -> int:
    cursor = request.args.get("after", "")
    if not cursor:
        return 0
    try:
        place = base64.urlsafe_b64decode(cursor.encode("ascii", "replace")).decode()
    except (binascii.Error, UnicodeError):
        place = ""
    if not (place.isascii() and place.isdecimal() and len(place) <= 18):
        refuse("after", "Invalid paging request")
    return int(place)


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"{place:012}".encode()).decode()


def _link(relation: str, changes: dict[str, str]) -> str:
    query = urlencode({**request.args.to_dict(), **changes})
    return f'<{request.base_url}{"?" if query else ""}{query}>; rel="{relation}"'
