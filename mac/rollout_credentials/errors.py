"""That there is no session, and what the person is told of it."""

from __future__ import annotations


class NoSessionError(Exception):
    """Its text is one sentence for the person, without a secret. `hold_seconds`: how long nobody else needs to try."""

    def __init__(self, text: str, hold_seconds: int = 0) -> None:
        super().__init__(text)
        self.hold_seconds = hold_seconds
