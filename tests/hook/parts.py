"""The hook's parts for tests in one process: an issuer with a key of its own, an item, and clocks that stand."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from gateway.levels import Cohort, cohort
from gateway.settings import OnSilence, Settings

ISSUER, AUDIENCE = "https://acme.okta.com", "claude-code-gateway-123456789012"
PREFIX = "aws_123456789012_claude-code-"
ALICE = "alice.chen@acme.example"
SETTINGS = Settings(
    issuer=ISSUER,
    audience=AUDIENCE,
    keys_url=f"{ISSUER}/oauth2/v1/keys",
    user_info_url=f"{ISSUER}/oauth2/v1/userinfo",
    group_prefix=PREFIX,
    table="claude-code-usage",
    region="us-east-1",
    on_silence=OnSilence.REFUSE,
    ask="ask in #help",
)
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/"
SAID: dict[str, Any] = {
    "form": 1,
    "level": "active",
    "role_arn": "arn:aws:iam::123456789012:role/claude-code-pilot",
    "session_seconds": 3600,
    "models": {
        "sonnet": {"arn": f"{ARN}son", "called": ["claude-sonnet-4-6"]},
        "haiku": {"arn": f"{ARN}hai", "called": ["claude-haiku-4-5"]},
    },
    "throttle": {"model": "haiku", "daily_tokens": 50_000, "delay_seconds": 5, "counts": ["input", "output"]},
    "members": {ALICE: {}, "bob.kim@acme.example": {"level": "suspended", "says": "Claude Code is suspended (INC-1)"}},
}


def item(**changes: Any) -> dict[str, Any]:
    return {"id": {"S": "gateway#pilot"}, "said": {"S": json.dumps({**SAID, **changes})}}


def pilot(name: str = "pilot", **changes: Any) -> Cohort:
    return cohort(name, item(**changes))


@cache
def private_key(kid: str = "one") -> rsa.RSAPrivateKey:  # noqa: ARG001 - a key for each
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwks(*kids: str) -> dict[str, Any]:
    keys = [json.loads(RSAAlgorithm.to_jwk(private_key(kid).public_key())) for kid in kids]
    return {"keys": [{**key, "kid": kid, "use": "sig"} for key, kid in zip(keys, kids, strict=True)]}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    told = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "00u1",
        "iat": now,
        "exp": now + 3600,
        "email": ALICE,
        "email_verified": True,
        "groups": [f"{PREFIX}pilot"],
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


def token(kid: str = "one", **changes: Any) -> str:
    return jwt.encode(claims(**changes), private_key(kid), "RS256", {"kid": kid})


@dataclass
class Clock:
    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Answers:
    """Somebody else's service: what it answers, or raises, and how often it was asked."""

    answer: Any
    asked: list[Any] = field(default_factory=list[Any])

    async def __call__(self, *arguments: Any) -> Any:
        self.asked.append(arguments)
        if isinstance(self.answer, Exception):
            raise self.answer
        found: Mapping[str, Any] = self.answer
        return found
