"""A person who does not exist, by whom the meter proves that whoever is past a stop is denied.

`=enforcement-canary=` is a name that STS takes for a session. It is no e-mail address and no Okta user id, so nobody in
a stack file is called so, and nobody whom Okta signs in. Every quota policy can name it, at every time and by whoever
writes that policy: a delivery that is counted meanwhile does not let it go.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any, Literal

from rollout.usage.thresholds import Limits, parts
from rollout.usage.tokens import PER

SESSION = "=enforcement-canary="
# Of the table's item that one proof at a time holds, and what the ids of the canary's requests begin with.
LEASE, REQUEST = "canary", "canary-"
# Namespaces of the table's keys that are the canary's alone, as `StringLike` has them.
OWN_KEYS = (f"user-day#{SESSION}#*", f"user-month#{SESSION}#*", f"request#{REQUEST}*")
# Of one request: no record may say more (`rollout.usage.records`).
TOKENS_AT_MOST = 10**9
# What CloudWatch reads: 1 where enforcement was proven, 0 where it was not; nothing where there was nothing to prove.
METRIC = "EnforcementProven"

# The counters that one person has alone, and that can stop them.
Kind = Literal["user-day", "user-month"]
FIELDS: Mapping[str, tuple[str, str]] = {
    "input": ("input", "inputTokenCount"),
    "output": ("output", "outputTokenCount"),
    "cache_read": ("input", "cacheReadInputTokenCount"),
    "cache_write": ("input", "cacheWriteInputTokenCount"),
}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What the canary uses: `below` takes it to one token less than its stop, `over` to the stop.

    `counter`: its key. `stop`: what it reaches, in a person's words. `usd`, `tokens`: what is counted in all. `below`,
    `over`: tokens of each request, of `kind_of_token`. `model`: its label, `called`: what the record names.
    """

    counter: str
    stop: str
    usd: Decimal
    tokens: int
    kind_of_token: str
    model: str
    called: str
    below: Sequence[int]
    over: Sequence[int]


def with_canary(limits: Limits) -> Limits:
    """Limits by which the canary can be stopped, like anybody. By the day's tokens where no stop in dollars is of one
    person: a stop of a team or of everybody cannot be reached without them."""
    policies = {policy: (*sessions, SESSION) for policy, sessions in limits.quota_policies.items()}
    throttled = limits.throttled if _by_dollars(limits) else frozenset({*limits.throttled, SESSION})
    return replace(limits, quota_policies=policies, throttled=throttled)


def is_canarys(key: str) -> bool:
    """Whether it is a counter of the canary's."""
    return parts(key)[1] == SESSION


def _by_dollars(limits: Limits) -> Kind | None:
    kinds: tuple[Kind, ...] = ("user-day", "user-month")
    return next((kind for kind in kinds if kind in limits.stops), None)


def plan(
    limits: Limits, prices: Mapping[str, Mapping[str, Any]], foundations: Mapping[str, str], now: datetime
) -> Plan:
    """ValueError where the stack file's models have no price by which a stop could be reached."""
    called, model = _dearest(prices, foundations)
    kind = _by_dollars(limits)
    if kind:
        token, usd = "output", Decimal(limits.stops[kind])
        if not Decimal(prices[model]["output"]):
            raise ValueError(f"model {model} costs nothing, so no stop in dollars is ever reached")
        tokens = int((usd * PER / Decimal(prices[model]["output"])).to_integral_value(ROUND_CEILING))
        stop = f"USD {usd:,.2f} a {kind.removeprefix('user-')}"
    else:
        token = "output" if "output" in limits.quota_kinds else limits.quota_kinds[0]
        tokens = limits.quota_tokens
        stop = f"{tokens:,} tokens a day"
    period = f"{now:%Y-%m}" if kind == "user-month" else f"{now:%Y-%m-%d}"
    # A prompt that is long has other prices.
    tier = prices[model].get("long_prompt") if token != "output" else None
    most = int(tier["above_tokens"]) if tier else TOKENS_AT_MOST
    return Plan(
        counter=f"{kind or 'user-day'}#{SESSION}#{period}",
        stop=stop,
        usd=Decimal(tokens) * Decimal(prices[model][token]) / PER,
        tokens=tokens,
        kind_of_token=token,
        model=model,
        called=called,
        below=list(_pieces(tokens - 1, most)),
        over=[1],
    )


def _dearest(prices: Mapping[str, Mapping[str, Any]], foundations: Mapping[str, str]) -> tuple[str, str]:
    """(what a record names, its label): a model of the stack file; where none is known by name, one of no table, which
    the meter counts at the dearest price."""
    known = [(model, label) for model, label in foundations.items() if label in prices]
    if not known and not prices:
        raise ValueError("the stack file has no model, so nothing can be counted")
    found = known or [(f"anthropic.claude-{SESSION.strip('=')}", label) for label in prices]
    return max(found, key=lambda one: (Decimal(prices[one[1]]["output"]), one[1]))


def _pieces(tokens: int, most: int) -> Iterator[int]:
    for start in range(0, tokens, most):
        yield min(most, tokens - start)


def record(found: Plan, tokens: int, number: str, role_arn: str, region: str, now: datetime) -> dict[str, Any]:
    """One request of the canary's, as Bedrock's invocation log would have it. `number`: of no other request.
    `role_arn`: of a cohort's role, `arn:<partition>:iam::<account>:role/<name>`."""
    _, partition, _, _, account, role = role_arn.split(":")
    part, name = FIELDS[found.kind_of_token]
    counts = {"input": {"inputTokenCount": 0}, "output": {"outputTokenCount": 0}}
    counts[part][name] = tokens
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": now.isoformat(),
        "accountId": account,
        "region": region,
        "requestId": f"{REQUEST}{number}",
        "operation": "InvokeModel",
        "modelId": found.called,
        "identity": {"arn": f"arn:{partition}:sts::{account}:assumed-{role}/{SESSION}"},
        **counts,
    }


def role_arn(policy: str) -> str:
    """Of the role that a quota policy is attached to (`rollout.names.quota_policy`)."""
    before, _, name = policy.rpartition(":policy/")
    return f"{before}:role/{name.rpartition('-quota-')[0]}"
