"""That the guard could not look, which the delivered setting decides on."""

from __future__ import annotations


class GuardError(Exception):
    """Its text goes to the person: it says what happened, and holds nothing of what was looked at."""
