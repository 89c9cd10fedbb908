"""What one record of Bedrock's invocation log says: who used which model, how many tokens, what it cost.

This runs in AWS Lambda too, where there is no pydantic: standard library only. The record's shape is Bedrock's
`ModelInvocationLog` 1.0 (Bedrock user guide, model invocation logging).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from rollout.names import SESSION

KINDS = ("input", "output", "cache_read", "cache_write")
PER = Decimal(1_000_000)
NAMESPACE = "ClaudeCode/Rollout"
MAX_REQUEST_ID = 128
# What Bedrock calls an application inference profile (service model, `InferenceProfileArn`).
_PROFILE = re.compile(r"arn:[a-z-]+:bedrock:[a-z0-9-]{1,20}:\d{12}:application-inference-profile/[a-zA-Z0-9-:.]{1,64}")


class UnknownRecordError(ValueError):
    """What about the record nobody knows: its shape, its caller or its model."""


class OutsideRolloutError(ValueError):
    """The caller is none of the cohorts' roles, or called a model past its cohort's profiles."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """As Bedrock counts them; `input` leaves out what was read from a cache or written to one. `cache_write` is all
    that was written, `cache_write_1h` what of it stays for an hour instead of five minutes."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0

    @property
    def prompt(self) -> int:
        """The length by which a model's prices for long prompts begin."""
        return self.input + self.cache_read + self.cache_write

    def usd(self, prices: Mapping[str, Any]) -> Decimal:
        """`prices`: USD per million tokens of each kind, as text, so that no digit is lost; `long_prompt`, where the
        model has it, the same of prompts longer than its `above_tokens`."""
        tier: Mapping[str, Any] = prices.get("long_prompt") or {}
        if tier and self.prompt > int(tier["above_tokens"]):
            prices = tier
        by_the_hour = prices.get("cache_write_1h") or 2 * Decimal(prices["input"])
        parts = {kind: Decimal(getattr(self, kind)) * Decimal(prices[kind]) for kind in KINDS}
        dearer = self.cache_write_1h * (Decimal(by_the_hour) - Decimal(prices["cache_write"]))
        return (sum(parts.values(), Decimal()) + dearer) / PER

    def counted(self, kinds: tuple[str, ...]) -> int:
        return sum(getattr(self, kind) for kind in kinds)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Whose an inference profile is, and which model it leads to."""

    cohort: str
    model: str


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One request. `user`: the session's name, which Okta signs. `at`: when Bedrock had it, not when it arrived."""

    request_id: str
    at: datetime
    user: str
    team: str
    cohort: str
    model: str
    tokens: Tokens
    usd: Decimal

    @property
    def day(self) -> str:
        return f"{self.at:%Y-%m-%d}"

    @property
    def month(self) -> str:
        return f"{self.at:%Y-%m}"


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What the stack file says: roles by cohort, team by user, prices by model, profiles by ARN."""

    roles: Mapping[str, str]
    teams: Mapping[str, str]
    prices: Mapping[str, Mapping[str, Any]]
    profiles: Mapping[str, Profile]


def usage(record: Mapping[str, Any], tables: Tables) -> Usage:
    """Raises UnknownRecordError for what cannot be counted, and OutsideRolloutError for what is none of ours."""
    if record.get("schemaType") != "ModelInvocationLog":
        raise UnknownRecordError(f"schemaType: {str(record.get('schemaType'))[:80]}")
    role, user = _caller(_text(record, "identity", "arn"))
    model_id = _text(record, "modelId")
    if role not in tables.roles:
        raise OutsideRolloutError(f"role: {role[:80]}")
    cohort = tables.roles[role]
    if ":application-inference-profile/" not in model_id:
        raise OutsideRolloutError(f"model: {model_id[:120]}")
    profile = tables.profiles.get(model_id) if _PROFILE.fullmatch(model_id) else None
    if profile is None:
        raise UnknownRecordError(f"profile: {model_id[:120]}")
    if profile.cohort != cohort:
        raise OutsideRolloutError(f"profile of cohort {profile.cohort}, called by cohort {cohort}")
    if profile.model not in tables.prices:
        raise UnknownRecordError(f"model: {profile.model}")
    tokens = _tokens(record)
    return Usage(
        request_id=request_id(record),
        at=_instant(_text(record, "timestamp")),
        user=user,
        team=tables.teams.get(user.lower(), "unknown"),
        cohort=cohort,
        model=profile.model,
        tokens=tokens,
        usd=tokens.usd(tables.prices[profile.model]),
    )


def request_id(record: Mapping[str, Any]) -> str:
    """Raises UnknownRecordError where it could not be a key: Bedrock's have 36 characters."""
    found = _text(record, "requestId")
    if len(found) > MAX_REQUEST_ID or not found.isascii():
        raise UnknownRecordError(f"requestId: {found[:80]}")
    return found


def _caller(arn: str) -> tuple[str, str]:
    """(role, session) of `arn:aws:sts::<account>:assumed-role/<role>/<session>`."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    role, _, session = rest.partition("/")
    if kind != "assumed-role":
        raise OutsideRolloutError(f"caller: {arn[:120]}")
    if not role or not SESSION.fullmatch(session):
        raise UnknownRecordError(f"identity.arn: {arn[:120]}")
    return role, session


def _tokens(record: Mapping[str, Any]) -> Tokens:
    """A record of a refused body has no counts, and nothing was used."""
    given, answered = _part(record, "input"), _part(record, "output")
    return Tokens(
        input=_count(given, "inputTokenCount"),
        output=_count(answered, "outputTokenCount"),
        cache_read=_count(given, "cacheReadInputTokenCount"),
        cache_write=(written := _count(given, "cacheWriteInputTokenCount")),
        cache_write_1h=_for_an_hour(given, written),
    )


def _for_an_hour(given: Mapping[str, Any], written: int) -> int:
    """Of the tokens written to a cache, by `cacheDetails`: `[{"ttl": "1h", "inputTokens": 7}]`, which a record has
    where an entry of an hour was asked for (Bedrock API reference, CacheDetail)."""
    details: object = given.get("cacheDetails")
    entries = cast("list[Any]", details) if isinstance(details, list) else []
    parts = [cast("Mapping[str, Any]", entry) for entry in entries if isinstance(entry, Mapping)]
    counts = [_count(part, "inputTokens") for part in parts if part.get("ttl") == "1h"]
    if sum(counts) > written:
        raise UnknownRecordError(f"cacheDetails: {sum(counts)} tokens for an hour, of {written} written")
    return sum(counts)


def _count(part: Mapping[str, Any], name: str) -> int:
    value = part.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**9:
        raise UnknownRecordError(f"{name}: {str(value)[:40]}")
    return value


def _text(record: Mapping[str, Any], *path: str) -> str:
    for key in path[:-1]:
        record = _part(record, key)
    value = record.get(path[-1])
    if not isinstance(value, str) or not 1 <= len(value) <= 2048:
        raise UnknownRecordError(f"{'.'.join(path)}: missing")
    return value


def _part(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value: object = record.get(key)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnknownRecordError(f"timestamp: {text[:40]}") from None


def counters(found: Usage) -> Iterator[str]:
    """The keys of what a request adds to: each lasts a day, or a month."""
    yield f"user-day#{found.user}#{found.day}"
    yield f"team-day#{found.team}#{found.day}"
    yield f"cohort-day#{found.cohort}#{found.day}"
    yield f"month#{found.month}"


def structured(found: Usage) -> dict[str, Any]:
    """One line of `/claude-code/<cohort>/usage`, in CloudWatch's embedded metric format.

    A user is a field to query by, never a dimension to pay for; and only dollars are cut by team and by model.
    """
    units = {"Usd": "None", **dict.fromkeys(("Requests", "Input", "Output", "CacheRead", "CacheWrite"), "Count")}
    metrics = [{"Name": name, "Unit": unit} for name, unit in units.items()]
    directives = [
        {"Namespace": NAMESPACE, "Dimensions": [["cohort"]], "Metrics": metrics},
        {"Namespace": NAMESPACE, "Dimensions": [["team"], ["cohort", "model"]], "Metrics": metrics[:1]},
    ]
    return {
        "_aws": {"Timestamp": int(found.at.timestamp() * 1000), "CloudWatchMetrics": directives},
        "request_id": found.request_id,
        "user_id": found.user,
        "cohort": found.cohort,
        "team": found.team,
        "model": found.model,
        "Usd": float(found.usd),
        "Requests": 1,
        "Input": found.tokens.input,
        "Output": found.tokens.output,
        "CacheRead": found.tokens.cache_read,
        "CacheWrite": found.tokens.cache_write,
        "cache_write_1h": found.tokens.cache_write_1h,
    }
