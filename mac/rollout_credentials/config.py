"""What the rollout delivered beside this package: how to sign in, and whom to ask."""

from __future__ import annotations

import os

from rollout_credentials.errors import NoSessionError

FILE = "rollout-credentials.conf"
FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_HEXADECIMAL = frozenset("0123456789abcdef")


class Config:
    """`key`: what a kept session is found by; another role, provider or organization has another. `program`:
    okta-aws-cli's absolute path, or None: it is looked for. `arguments`: as it is called. `ask`: ends a sentence.
    `sign_in_seconds`: how long a person has for it. `dead_before`: AWS refuses sessions that began before this, in
    seconds since 1970. `sts_url`: in place of AWS's own in the region. Raises ValueError or LookupError."""

    def __init__(self, text: str) -> None:
        told = [line.partition(" = ") for line in text.split("\n")]
        one = {name: value for name, _, value in told}
        self.key, self.ask, self.program = one["key"], one["ask"], one.get("okta_aws_cli")
        if not self.key or not _HEXADECIMAL.issuperset(self.key):
            raise ValueError("key")
        self.sign_in_seconds, self.session_seconds = int(one["sign_in_seconds"]), int(one["session_seconds"])
        self.role, self.dead_before = one["role"], int(one.get("dead_before", 0))
        self.region, self.sts_url = one["region"], one.get("sts_url")
        self.arguments = [value for name, _, value in told if name == "argument"]


def read(folder: str = FOLDER) -> Config:
    """Raises NoSessionError."""
    path = os.path.join(folder, FILE)
    try:
        with open(path, encoding="utf-8") as file:
            return Config(file.read())
    except (OSError, ValueError, LookupError) as error:
        raise NoSessionError(f"Claude Code cannot sign in: {path}: {type(error).__name__}: {error}") from None
