"""What the rollout delivered beside this package: where Okta is, and whom to ask."""

from __future__ import annotations

import hashlib
import os
import re

from rollout_credentials.errors import NoSessionError

FILE = "rollout-token.conf"
FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# A token goes to nobody whom a network may stand in for.
_ADDRESS = re.compile(r"https://[a-z0-9.-]+(:\d+)?|http://127\.0\.0\.1:\d+")


class Config:
    """`okta`: its address. `client_id`: of the gateway's app. `ask`: ends a sentence. `sign_in_seconds`: how long a
    person has for it. `key`: what is kept is found by it; another app has another. Raises ValueError or LookupError."""

    def __init__(self, text: str) -> None:
        told = {name: value for name, _, value in (line.partition(" = ") for line in text.split("\n"))}
        self.okta, self.client_id, self.ask = told["okta"], told["client_id"], told["ask"]
        self.sign_in_seconds = int(told["sign_in_seconds"])
        if not _ADDRESS.fullmatch(self.okta):
            raise ValueError("okta")
        self.key = "token-" + hashlib.sha256(f"{self.okta}\n{self.client_id}".encode()).hexdigest()[:18]


def read(folder: str = FOLDER) -> Config:
    """Raises NoSessionError."""
    path = os.path.join(folder, FILE)
    try:
        with open(path, encoding="utf-8") as file:
            return Config(file.read())
    except (OSError, ValueError, LookupError) as error:
        raise NoSessionError(f"Claude Code cannot sign in: {path}: {type(error).__name__}: {error}") from None
