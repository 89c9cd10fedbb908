"""What one record of Bedrock's invocation log says: who used which model, how many tokens, what it cost.

This runs in AWS Lambda too, where there is no pydantic: standard library only. The record's shape is Bedrock's
`ModelInvocationLog` 1.0 (Bedrock user guide, model invocation logging).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from rollout.names import SESSION, of_cohort
from rollout.usage.tokens import Tokens

NAMESPACE = "ClaudeCode/Rollout"
MAX_REQUEST_ID = 128
# An application inference profile as callers may write it: its ARN, what is behind the account, or its id alone; in
# any case, since Bedrock takes each (findings of 2026-11; service model, `InferenceProfileArn`).
_PROFILE = re.compile(
    r"(?P<arn>arn:[a-z-]+:bedrock:[a-z0-9-]{1,20}:\d{12}:)?(?P<kind>application-inference-profile/)?(?P<id>[a-z0-9]{8,64})"
)
# The name of a foundation model or of a system-defined profile, also within an ARN.
_FOUNDATION = re.compile(r"(?:.*/)?(?:[a-z-]+\.)?(?P<model>anthropic\.claude-[a-z0-9.:-]{1,100})")
# Errors of calls that no model has begun (Bedrock API reference, InvokeModel and Converse, Errors). A record of one may
# say how long the prompt was.
REFUSED = frozenset(
    {
        "AccessDeniedException",
        "ModelNotReadyException",
        "ResourceNotFoundException",
        "ServiceQuotaExceededException",
        "ServiceUnavailableException",
        "ThrottlingException",
        "ValidationException",
    }
)
FREE = frozenset({"CountTokens"})
# Of whoever is in no table.
UNKNOWN_TEAM = "unknown"


class UnknownRecordError(ValueError):
    """What about the record nobody knows: its shape, its caller or its model."""


class OutsideRolloutError(ValueError):
    """The caller is none of the cohorts' roles."""


class NothingUsedError(OutsideRolloutError):
    """Nothing to count and nothing to tell: a call that was refused or is free, or one of another maker's model by
    somebody who is none of ours."""


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
    doubt: str | None = None
    """Why the price may be another: what was called is in no table, so it was counted at the dearest."""

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
    foundations: Mapping[str, str] = field(default_factory=dict[str, str])
    """Labels of models by foundation model, for who calls past the profiles."""


def usage(record: Mapping[str, Any], tables: Tables) -> Usage:
    """Raises UnknownRecordError for what cannot be counted, OutsideRolloutError for what is none of ours, and its
    NothingUsedError where there is nothing to count. Whatever a cohort's role called is counted to its person."""
    if record.get("schemaType") != "ModelInvocationLog":
        raise UnknownRecordError(f"schemaType: {str(record.get('schemaType'))[:80]}")
    role, user = _caller(_text(record, "identity", "arn"))
    model_id = _text(record, "modelId")
    is_ours = role in tables.roles and str(record.get("accountId") or _account(record)) == _account(record)
    if not is_ours and not is_claude(model_id):
        raise NothingUsedError(f"model: {model_id[:120]}")
    tokens = _tokens(record)
    if str(record.get("operation")) in FREE or _is_refused(record, tokens):
        raise NothingUsedError(f"{record.get('operation')}: {str(record.get('errorCode') or 'free')[:80]}")
    if not is_ours:
        raise OutsideRolloutError(f"role: {role[:80]}")
    cohort = tables.roles[role]
    model, doubt = _model(record, model_id, cohort, tables)
    return Usage(
        request_id=request_id(record),
        at=_instant(_text(record, "timestamp")),
        user=user,
        team=tables.teams.get(user.lower(), UNKNOWN_TEAM),
        cohort=cohort,
        model=model,
        tokens=tokens,
        usd=tokens.usd(tables.prices[model]),
        doubt=doubt,
    )


def is_claude(model_id: str) -> bool:
    """Whether it is a model of Anthropic's, or a profile that may lead to one. The query `Shadow use` says the same."""
    return "anthropic" in model_id.lower() or _PROFILE.fullmatch(model_id.lower()) is not None


def _is_refused(record: Mapping[str, Any], tokens: Tokens) -> bool:
    """What broke off half-way has used something, and is none."""
    error = record.get("errorCode")
    return bool(error) and (tokens == Tokens() or (str(error) in REFUSED and not tokens.output))


def _model(record: Mapping[str, Any], model_id: str, cohort: str, tables: Tables) -> tuple[str, str | None]:
    """The label of what was called, and what is doubtful about it. UnknownRecordError where the file has no model."""
    arn, foundation = _profile_arn(record, model_id), _FOUNDATION.fullmatch(model_id.lower())
    profile = tables.profiles.get(arn) if arn else None
    label = profile.model if profile else tables.foundations.get(foundation["model"]) if foundation else None
    if label is None or label not in tables.prices:
        if not tables.prices:
            raise UnknownRecordError(f"model: {model_id[:120]}")
        dearest = max(tables.prices, key=lambda one: (Decimal(tables.prices[one]["output"]), one))
        return dearest, f"model: {model_id[:120]}: in no table; counted as {dearest}"
    if profile is None:
        return label, f"model: {model_id[:120]}: called without a profile"
    if profile.cohort != cohort:
        return label, f"profile of cohort {profile.cohort}, called by cohort {cohort}"
    return label, None


def _profile_arn(record: Mapping[str, Any], model_id: str) -> str | None:
    """As Bedrock writes it itself, whose ARNs are lower-case; None where it is no application inference profile."""
    found = _PROFILE.fullmatch(model_id.lower())
    if not found or (found["arn"] and not found["kind"]):
        return None
    partition = _text(record, "identity", "arn").split(":")[1]
    here = f"arn:{partition}:bedrock:{record.get('region')}:{record.get('accountId')}:"
    return f"{found['arn'] or here}application-inference-profile/{found['id']}"


def _account(record: Mapping[str, Any]) -> str:
    return (_text(record, "identity", "arn").split(":") + [""] * 5)[4]


def request_id(record: Mapping[str, Any]) -> str:
    """Raises UnknownRecordError where it could not be a key: Bedrock's have 36 characters."""
    found = _text(record, "requestId")
    if len(found) > MAX_REQUEST_ID or not found.isascii():
        raise UnknownRecordError(f"requestId: {found[:80]}")
    return found


def _caller(arn: str) -> tuple[str, str]:
    """(role, session) of `arn:aws:sts::<account>:assumed-role/<role>/<session>`; of another caller its ARN, twice."""
    kind, _, rest = arn.rpartition(":")[2].partition("/")
    role, _, session = rest.partition("/")
    if kind != "assumed-role":
        return arn, arn
    if not role or not SESSION.fullmatch(session):
        raise UnknownRecordError(f"identity.arn: {arn[:120]}")
    return of_cohort(role), session


def _tokens(record: Mapping[str, Any]) -> Tokens:
    """A record of a refused call has no counts, or null ones, and nothing was used."""
    given, answered = _part(record, "input"), _part(record, "output")
    return Tokens(
        input=_count(given, "inputTokenCount"),
        output=_count(answered, "outputTokenCount"),
        cache_read=_count(given, "cacheReadInputTokenCount"),
        # A record that says less of all than of a part would be a way not to be counted.
        cache_write=max(_count(given, "cacheWriteInputTokenCount"), by_the_hour := _for_an_hour(given)),
        cache_write_1h=by_the_hour,
    )


def _for_an_hour(given: Mapping[str, Any]) -> int:
    """Of the tokens written to a cache, by `cacheDetails`: `[{"ttl": "1h", "inputTokens": 7}]`, which a record has
    where an entry of an hour was asked for (Bedrock API reference, CacheDetail). An age that is not known is counted at
    the dearer price, as a model that is not known is."""
    details: object = given.get("cacheDetails")
    entries = cast("list[Any]", details) if isinstance(details, list) else [details]
    parts = [cast("Mapping[str, Any]", entry) for entry in entries if isinstance(entry, Mapping)]
    counts = [_count(part, "inputTokens") for part in parts if str(part.get("ttl")).strip().lower() != "5m"]
    return min(sum(counts), 10**9)


def _count(part: Mapping[str, Any], name: str) -> int:
    value = part.get(name, 0)
    value = 0 if value is None else value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
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
    yield f"user-month#{found.user}#{found.month}"
    yield f"team-day#{found.team}#{found.day}"
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
