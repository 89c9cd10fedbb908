"""What goes wrong with Jamf Pro, each as one line for a person."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

MAX_SHOWN = 300
HINTS = {
    401: "check the API client, and its role's privileges for this",
    403: "give the API client's role the privilege for this",
    413: "larger than Jamf Pro takes",
}


class JamfError(Exception):
    """`status`: of HTTP; None where there was no answer."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status

    @property
    def is_away(self) -> bool:
        """Whether Jamf Pro could not be asked: no connection, no answer, a 5xx, no token."""
        return isinstance(self, (LostAnswerError, NoTokenError))

    @property
    def is_duplicate(self) -> bool:
        """Whether the name is taken. Each API has its own status for it."""
        return self.status in {400, 409, 422} and "duplicate" in str(self).lower()


class LostAnswerError(JamfError):
    """Nobody knows whether the call took place."""


class NoTokenError(JamfError):
    """The client is not let in, so nothing can be asked."""


def refusal(call: str, status: int, body: str) -> JamfError:
    """`call`: method and path. Classic answers with an HTML status page, the Pro API with JSON."""
    text = " ".join((_json_reason(body) or _html_reason(body)).split())[:MAX_SHOWN]
    hint = f"; {HINTS[status]}" if status in HINTS else ""
    kind = LostAnswerError if status >= 500 else JamfError
    return kind(f"Jamf Pro answered {call} with {status}{f': {text}' if text else ''}{hint}", status)


def _json_reason(body: str) -> str:
    try:
        document: Any = json.loads(body)
        causes: list[Any] = document["errors"]
        return "; ".join(
            ": ".join(str(part) for part in (cause.get("field"), cause.get("code"), cause.get("description")) if part)
            for cause in causes
        ) or str(document.get("httpStatus", ""))
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return ""


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._inside = tag == "p"
        if self._inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "p"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def _html_reason(body: str) -> str:
    """The first paragraph is the status in words, the second says why, the rest is the same each time."""
    page = _Paragraphs()
    page.feed(body[:20_000])
    told = [text.strip() for text in page.found if text.strip() and "technical details" not in text]
    reasons = [re.sub(r"^Error:\s*", "", text) for text in told[1:2] or told[:1]]
    return reasons[0] if reasons else ""
