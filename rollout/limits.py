"""When a counter says that somebody is to be told of spend, or stopped for the day.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

# What each counter's key begins with, and who is told of it.
Whose = Literal["user", "team", "month"]
WATCHED: Mapping[str, Whose] = {"user-day": "user", "team-day": "team", "month": "month"}
# What a throttled person is denied until the day ends: as suspended, but for the date.
DENIED = ["bedrock:*", "bedrock-mantle:*"]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """USD as text: of the period, and from which on people are told."""

    usd: str
    alert_usd: str


@dataclass(frozen=True, kw_only=True)
class Alert:
    """Spend that has come near a budget. `id`: one per person, team or month, and period. `to`: an e-mail address."""

    id: str
    whose: Whose
    name: str
    period: str
    usd: str
    budget_usd: str
    to: str | None
    link: str

    def message(self) -> dict[str, Any]:
        return {"alert": asdict(self)}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a stack file says of spend. `addresses`: of people by session, of leads by team. `quota_policies`: the IAM
    policy that stops a throttled person, by session; sessions in lower case. `quota_kinds`: tokens that count."""

    budgets: Mapping[str, Budget]
    addresses: Mapping[str, Mapping[str, str]]
    link: str
    quota_tokens: int
    quota_kinds: Sequence[str]
    quota_policies: Mapping[str, str]

    @staticmethod
    def read(document: Mapping[str, Any]) -> Limits:
        budgets = {whose: Budget(**budget) for whose, budget in document["budgets"].items()}
        rest = {name: value for name, value in document.items() if name != "budgets"}
        return Limits(budgets=budgets, **rest)

    def quota_sessions(self, policy: str) -> set[str]:
        """Whom this policy can stop, in lower case."""
        return {session for session, found in self.quota_policies.items() if found == policy}


def watched(key: str) -> bool:
    return key.partition("#")[0] in WATCHED


def alert(key: str, counted: Mapping[str, Decimal], limits: Limits) -> Alert | None:
    """What to say of one counter; none below its budget's share. `counted`: what the counter holds."""
    kind, name, period = _parts(key)
    whose = WATCHED[kind]
    budget = limits.budgets[whose]
    usd = counted.get("usd", Decimal(0))
    if usd < Decimal(budget.alert_usd):
        return None
    return Alert(
        id=key,
        whose=whose,
        name=name,
        period=period,
        usd=format(usd.normalize(), "f"),
        budget_usd=budget.usd,
        to=limits.addresses.get(whose, {}).get(name.lower() if whose == "user" else name),
        link=limits.link,
    )


def over_quota(key: str, counted: Mapping[str, Decimal], limits: Limits, now: datetime) -> tuple[str, str] | None:
    """(session, ARN of the policy) of a throttled person who has used up today's tokens."""
    kind, session, day = _parts(key)
    policy = limits.quota_policies.get(session.lower()) if kind == "user-day" else None
    used = sum((counted.get(kind, Decimal(0)) for kind in limits.quota_kinds), Decimal(0))
    today = day == f"{now.astimezone(UTC):%Y-%m-%d}"
    return (session, policy) if policy and today and used >= limits.quota_tokens else None


def _parts(key: str) -> tuple[str, str, str]:
    """(kind, name, period). A name may hold anything, the period may not."""
    kind, _, rest = key.partition("#")
    name, _, period = rest.rpartition("#")
    return kind, name, period


def midnight(now: datetime) -> datetime:
    """The next one, UTC."""
    return (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def quota_document(sessions: Sequence[str], until: datetime | None) -> dict[str, Any]:
    """Denies these sessions everything on Bedrock until then, without anybody lifting it; nobody where there are none.

    `aws:userid` of a federated session is the role's id, a colon, and the session's name.
    """
    who: dict[str, Any] = {"StringEquals": {"aws:userid": "nobody"}}
    if sessions and until:
        who = {
            "StringLike": {"aws:userid": [f"*:{session}" for session in sorted(sessions)]},
            "DateLessThan": {"aws:CurrentTime": f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"},
        }
    statement = {"Sid": "OverDailyTokens", "Effect": "Deny", "Action": DENIED, "Resource": "*", "Condition": who}
    return {"Version": "2012-10-17", "Statement": [statement]}
