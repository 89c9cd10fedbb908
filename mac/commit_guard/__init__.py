"""The commit guard, which runs on the Macs: standard library only, Python 3.9 and newer."""

from __future__ import annotations


class GuardError(Exception):
    """Its text goes to the person: it says what happened, and holds nothing of what was looked at. `in_parts`: run by
    themselves, the line's commands could be looked at."""

    def __init__(self, reason: str, *, in_parts: bool = False) -> None:
        super().__init__(reason)
        self.in_parts = in_parts
