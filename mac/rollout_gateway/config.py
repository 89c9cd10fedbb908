"""What the rollout delivered beside this package: where to sign in, and whom to ask."""

from __future__ import annotations

import json
import os

from rollout_credentials.errors import NoSessionError

FILE = "rollout-gateway.json"
FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_HEXADECIMAL = frozenset("0123456789abcdef")


class Config:
    """`key`: what a kept token is found by; another gateway or organization has another. `ask`: ends a sentence."""

    def __init__(self, text: str) -> None:
        told = json.loads(text)
        self.key, self.issuer, self.client_id, self.ask = (
            str(told[name]) for name in ("key", "issuer", "client_id", "ask")
        )
        if not self.key or not _HEXADECIMAL.issuperset(self.key):
            raise ValueError("key")
        self.sign_in_seconds = int(told["sign_in_seconds"])


def read(folder: str = FOLDER) -> Config:
    """Raises NoSessionError."""
    path = os.path.join(folder, FILE)
    try:
        with open(path, encoding="utf-8") as file:
            return Config(file.read())
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise NoSessionError(f"Claude Code cannot sign in: {path}: {type(error).__name__}: {error}") from None
