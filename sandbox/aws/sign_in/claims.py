"""What a token or an assertion claims, once it is believed, and how STS refuses the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.aws import trust
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import QueryRefusal

# STS wants an assertion used at once, whatever the assertion itself says.
REDEEM_WITHIN = timedelta(minutes=5)
DURATIONS = range(900, 43201)
CLOCK_SKEW = timedelta(seconds=60)


def invalid_token(message: str) -> QueryRefusal:
    return QueryRefusal("InvalidIdentityToken", message)


def expired(message: str) -> QueryRefusal:
    return QueryRefusal("ExpiredTokenException", message)


def denied(action: str) -> QueryRefusal:
    return QueryRefusal("AccessDenied", f"Not authorized to perform {action}", 403)


def invalid_parameter(message: str) -> QueryRefusal:
    return QueryRefusal("ValidationError", message)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a verified assertion or token says, in the terms a trust policy can ask about."""

    action: str
    provider_arn: str
    session_name: str
    context: dict[str, trust.Values]
    tags: dict[str, str]
    transitive_tags: tuple[str, ...] = ()
    source_identity: str | None = None


def account_of(arn: str) -> str:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["arn", PARTITION, "iam"] or not parts[4].isdecimal():
        raise invalid_parameter(f"Invalid ARN: {arn}")
    return parts[4]
