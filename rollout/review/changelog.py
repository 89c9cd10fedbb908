"""What CHANGELOG.md says of the versions between two."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADING = re.compile(r"^## (?P<version>.+)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")


@dataclass(frozen=True)
class Entry:
    """`version`: as its heading has it, `Unreleased` for what no version has yet. `text`: Markdown, without links,
    which lead nowhere from a terminal."""

    version: str
    text: str


def entries_since(changelog: str, installed: str) -> list[Entry]:
    """Of a newer version's file, the newest first: all above the version that is installed. Of a version that the file
    does not know, all."""
    found: list[Entry] = []
    headings = list(_HEADING.finditer(changelog))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        version = heading["version"].strip()
        if version.split()[0] == installed:
            break
        text = changelog[heading.end() : following.start() if following else None]
        found.append(Entry(version, _LINK.sub(r"\1", text).strip()))
    return found
