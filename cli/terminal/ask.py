"""Questions to the person at the terminal."""

from __future__ import annotations

import sys

from cli.terminal.errors import CommandError


def confirmed(question: str, yes: bool) -> None:
    """CommandError where the answer is no, or where nobody is there to give one."""
    if yes:
        return
    require_somebody()
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)  # the standard output is for the result
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:  # an empty line, and the end of input, are a no
        raise CommandError("nothing was changed")


def require_somebody() -> None:
    """CommandError where nobody is there to answer: said before any work whose end is a question."""
    if not sys.stdin.isatty():
        raise CommandError("nobody is here to ask; add --yes")
