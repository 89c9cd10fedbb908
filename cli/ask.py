"""Questions to the person at the terminal."""

from __future__ import annotations

import sys

from cli.errors import CommandError


def confirmed(question: str, yes: bool) -> None:
    """CommandError where the answer is no, or where nobody is there to give one."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("nobody is here to ask; add --yes")
    if input(f"{question} [y/N] ").strip().lower() not in {"y", "yes"}:
        raise CommandError("nothing was changed")
