"""So many developers at the busiest hour, their records as Bedrock writes them, and what an independent count says."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from rollout.usage.tokens import KINDS
from tests.meter.test_usage import ARN, TABLES
from tests.meter.world import SETTINGS

# 500 requests a day of each, in eight hours, and five times as many at the busiest time.
REQUESTS_A_SECOND = 8 / 100
TEAM, COHORT = 10, 100
ACCOUNT = "123456789012"


@dataclass(frozen=True, kw_only=True)
class Company:
    """`people`: developers. `together`: of how many people the records come that are delivered together; those of one
    person then follow each other, as when a client works through a task."""

    people: int
    together: int

    @property
    def requests_a_second(self) -> float:
        return self.people * REQUESTS_A_SECOND

    def settings(self) -> dict[str, Any]:
        """The meter's, with budgets that nobody reaches."""
        made = copy.deepcopy(SETTINGS)
        cohorts = range(-(-self.people // COHORT))
        made["tables"] |= {
            "roles": {f"claude-code-c{cohort}": f"c{cohort}" for cohort in cohorts},
            "teams": {_user(person): f"team{person // TEAM}" for person in range(self.people)},
        }
        made["usage_log_groups"] = {f"c{cohort}": f"/claude-code/c{cohort}/usage" for cohort in cohorts}
        made["limits"]["budgets"] = {whose: {"usd": "1e12", "alert_usd": "1e12"} for whose in ("user", "team", "month")}
        made["limits"]["addresses"] = {"user": {}, "team": {}}
        return made

    def records(self, random: Random, begin: datetime, seconds: float, delivered: int) -> Iterator[tuple[float, Any]]:
        """(second, record), in time's order. `delivered`: records of one delivery."""
        at, number = 0.0, 0
        now: list[int] = []
        while (at := at + random.expovariate(self.requests_a_second)) < seconds:
            if number % delivered == 0:
                now = random.sample(range(self.people), self.together)
            yield at, _record(now[number % delivered % self.together], number, begin + timedelta(seconds=at), random)
            number += 1


def _user(person: int) -> str:
    return f"u{person}@acme.example"


def _record(person: int, number: int, at: datetime, random: Random) -> dict[str, Any]:
    return {
        "schemaType": "ModelInvocationLog",
        "timestamp": at.isoformat(),
        "requestId": f"r{number}",
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-c{person // COHORT}/{_user(person)}"},
        "modelId": ARN,
        "input": {
            "inputTokenCount": random.randrange(2_000),
            "cacheReadInputTokenCount": random.randrange(90_000),
            "cacheWriteInputTokenCount": random.randrange(3_000),
        },
        "output": {"outputTokenCount": random.randrange(1_000)},
    }


def expected(records: Iterator[Mapping[str, Any]] | list[Mapping[str, Any]]) -> dict[str, dict[str, Decimal]]:
    """By counter: requests, tokens of each kind, and USD; reckoned without any of the meter's code."""
    totals: defaultdict[str, Counter[str]] = defaultdict(Counter)
    prices = {kind: Decimal(TABLES.prices["sonnet"][kind]) for kind in KINDS}
    for record in records:
        user = record["identity"]["arn"].rpartition("/")[2]
        day, team = record["timestamp"][:10], int(user[1 : user.index("@")]) // TEAM
        written, answered = record["input"], record["output"]
        tokens = {
            "input": written["inputTokenCount"],
            "output": answered["outputTokenCount"],
            "cache_read": written["cacheReadInputTokenCount"],
            "cache_write": written["cacheWriteInputTokenCount"],
        }
        usd = sum((tokens[kind] * prices[kind] for kind in KINDS), Decimal()) / 1_000_000
        of_user = (f"user-day#{user}#{day}", f"user-month#{user}#{day[:7]}")
        keys = (*of_user, f"team-day#team{team}#{day}", f"month#{day[:7]}")
        for key in keys:
            for name, amount in {"requests": 1, **tokens, "usd": usd}.items():
                totals[key][name] += amount  # pyright: ignore[reportArgumentType]
    return {key: {name: Decimal(amount) for name, amount in found.items()} for key, found in totals.items()}
