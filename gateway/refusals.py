"""What a caller is told who is not served. Each is one sentence for the person, without a secret."""

from __future__ import annotations

from enum import StrEnum


class Why(StrEnum):
    """What the log counts by."""

    NO_TOKEN = "no-token"
    OLD_SESSION = "old-session"
    NO_COHORT = "no-cohort"
    NOT_ALLOWED = "level"
    ENDED = "ended"
    MODEL = "model"
    TOKENS = "tokens"
    WAITING = "waiting"
    LEVELS_AWAY = "levels-away"
    LEDGER_AWAY = "ledger-away"
    KEYS_AWAY = "keys-away"
    OKTA_AWAY = "okta-away"
    AWS = "aws"
    ROUTE = "route"
    BODY = "body"


class Refused(Exception):  # noqa: N818  what happened, not what went wrong
    """`status`: 401 has the client fetch a new token, 403 has it stop, 429 and 503 have it try again."""

    def __init__(self, why: Why, status: int, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.why, self.status, self.sentence, self.retry_after = why, status, sentence, retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"retry-after": str(self.retry_after)}


def no_token(what: str) -> Refused:
    return Refused(Why.NO_TOKEN, 401, f"Claude Code is not signed in: {what}")
