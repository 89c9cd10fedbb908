"""Text within what git takes for binary: UTF-16, and what `.gitattributes` calls `-diff`."""

from __future__ import annotations

import codecs
from collections import Counter

_BEGINNING = 8000  # as far as git looks for a zero byte
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def text_of(content: bytes) -> str | None:
    """None where it is no text in any of these."""
    beginning = content[:_BEGINNING]
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" not in beginning:
        return content.decode(errors="replace")
    # Of a text in a Latin script every second byte is zero.
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if beginning[first::2].count(0) * 2 > len(beginning[first::2]) and not beginning[1 - first :: 2].count(0):
            return content.decode(encoding, errors="replace")
    return None


def added_lines(old: bytes, new: bytes) -> list[tuple[int, str]]:
    """Those of `new`, by number, that `old` does not have."""
    left = Counter((text_of(old) or "").splitlines())
    found: list[tuple[int, str]] = []
    for number, line in enumerate((text_of(new) or "").splitlines(), start=1):
        left[line] -= 1
        if left[line] < 0:
            found.append((number, line))
    return found
