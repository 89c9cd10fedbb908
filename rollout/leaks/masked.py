"""What another program prints, fit to be shown: on one line, without what a terminal obeys, and without credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rollout.leaks.credentials import FORMS

MASK = "****"
# As AWS's tools name them: whatever follows is a secret, however short.
_NAMED = re.compile(
    r"((?:secret_?access_?key|session_?token|access_?key_?id|(?:api|access|refresh|id)_?token)"
    r"[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+",
    re.IGNORECASE,
)
_ACCESS_KEY = re.compile(r"(?<![A-Za-z0-9])(AKIA|ASIA)[A-Z0-9]{4,}")
# Of a secret access key there are 40, of a session's token hundreds. A path has few that hold all three kinds.
_LONG = re.compile(r"[A-Za-z0-9+/=_.-]{32,}")
_HEX = re.compile(r"[0-9a-fA-F]{32,}")


def masked(text: str, most: int = 300) -> str:
    """At most `most` characters of it."""
    line = printable(" ".join(text.split()))
    for form in FORMS.values():
        line = form.sub(MASK, line)
    line = _NAMED.sub(rf"\1{MASK}", line)
    line = _ACCESS_KEY.sub(rf"\1{MASK}", line)
    return _LONG.sub(lambda found: MASK if _is_secret(found[0]) else found[0], line)[:most]


def printable(text: Iterable[str]) -> str:
    return "".join(each if each.isprintable() else "?" for each in text)


def _is_secret(word: str) -> bool:
    kinds = (str.isupper, str.islower, str.isdigit)
    return bool(_HEX.search(word)) or all(any(map(kind, word)) for kind in kinds)
