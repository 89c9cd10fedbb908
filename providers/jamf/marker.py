"""How we tell what we made from what people made: a few words at the end of a description."""

from __future__ import annotations

import hashlib
import re

_MARK = re.compile(r"\s*managed-by=pulumi; hash=([0-9a-f]{16})\s*\Z")


def mark(urn: str) -> str:
    """Of one resource of one stack."""
    return f"managed-by=pulumi; hash={hashlib.sha256(urn.encode()).hexdigest()[:16]}"


def marked(description: str, urn: str) -> str:
    return f"{description} {mark(urn)}".strip()


def unmarked(description: str) -> str:
    return _MARK.sub("", description).strip()


def is_marked(description: str, urn: str) -> bool:
    return description.rstrip().endswith(mark(urn))
