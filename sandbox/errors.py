"""The one exception of the sandbox that is meant for people: its text says what is wrong, where, and what to do."""

from __future__ import annotations


class SandboxError(Exception):
    """Printed as one line, with exit status 1 and no traceback."""
