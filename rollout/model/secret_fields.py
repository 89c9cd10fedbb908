"""The kinds of secrets in a stack file: what each may look like. What was written is never said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, SecretStr, WithJsonSchema


@dataclass(frozen=True)
class SecretShape:
    """As `Shape`, but what was written is never said, nor printed with the model."""

    pattern: str
    allowed: str

    def __call__(self, value: SecretStr) -> SecretStr:
        text = value.get_secret_value().strip()
        if not re.fullmatch(self.pattern, text):
            raise ValueError(f"not {self.allowed} (what is there is not shown)")
        return SecretStr(text)


# How the engine keeps an encrypted value in a stack file.
_ENCRYPTED = WithJsonSchema(
    {
        "type": "object",
        "properties": {"secure": {"type": "string"}},
        "required": ["secure"],
        "additionalProperties": False,
    }
)
SlackBotToken = Annotated[
    SecretStr, AfterValidator(SecretShape(r"xoxb-[A-Za-z0-9-]{4,250}", "a Slack bot token (xoxb-...)")), _ENCRYPTED
]
GithubToken = Annotated[
    SecretStr,
    AfterValidator(
        SecretShape(
            r"gh[ps]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}", "a token of GitHub's (github_pat_...)"
        )
    ),
    _ENCRYPTED,
]
# `whsec_` and 24 to 64 bytes in base64 (Standard Webhooks 1.0, signature scheme).
WebhookKey = Annotated[
    SecretStr,
    AfterValidator(
        SecretShape(
            r"whsec_(?=.{32,88}$)(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
            'a key made by `echo "whsec_$(openssl rand -base64 32)"`',
        )
    ),
    _ENCRYPTED,
]
GithubWebhookSecret = Annotated[
    SecretStr,
    AfterValidator(
        SecretShape(r"[A-Za-z0-9+/=_-]{32,128}", "a secret of 32 to 128 characters made by `openssl rand -hex 32`")
    ),
    _ENCRYPTED,
]
JamfClientSecret = Annotated[
    SecretStr,
    AfterValidator(
        SecretShape(r"[\x21-\x7e]{16,256}", "the secret of a Jamf Pro API client (16 to 256 characters, no blank)")
    ),
    _ENCRYPTED,
]
