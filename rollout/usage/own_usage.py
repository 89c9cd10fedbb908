"""What a person may read of their own use: one item of the meter's table, under a key that IAM compares with who asks.

This runs in AWS Lambda too, where there is no pydantic: standard library only. `mac/rollout_me` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rollout.usage.thresholds import Limits
from rollout.usage.tokens import KINDS

ACTIVE = {"level": "active"}


def level_of(session: str, cohort: str, levels: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
    """`level`, and above `active` also `why`. `levels`: of `cohorts`, and of `people` who differ, by session in lower
    case."""
    return levels["people"].get(session.lower()) or levels["cohorts"].get(cohort) or ACTIVE


def stops(
    session: str, counted: Mapping[str, Decimal], month_usd: Decimal, limits: Limits, now: datetime
) -> list[dict[str, str]]:
    """What ends this person's day or month, each with what is left of it: `unit`, `period`, `used`, `most`, `left`,
    numbers as text. `counted`: of the day. A team's stop and everybody's are not here: they would tell of others."""
    found: list[dict[str, str]] = []
    if session.lower() in limits.throttled:
        found.append(_stop("tokens", "day", limits.quota_used(counted), Decimal(limits.quota_tokens)))
    for period, usd in (("day", counted.get("usd", Decimal(0))), ("month", month_usd)):
        if (kind := f"user-{period}") in limits.stops:
            found.append(_stop("usd", period, usd, limits.stop_usd(kind, session, now)))
    return found


def _stop(unit: str, period: str, used: Decimal, most: Decimal) -> dict[str, str]:
    left = max(Decimal(0), most - used)
    return {
        "unit": unit,
        "period": period,
        **{name: format(each, "f") for name, each in (("used", used), ("most", most), ("left", left))},
    }


def own_item(
    session: str,
    cohort: str,
    counted: Mapping[str, Decimal],
    limits: Limits,
    levels: Mapping[str, Mapping[str, Any]],
    *,
    month_usd: Decimal,
    now: datetime,
) -> dict[str, Any]:
    """What is written down for one person and day. `counted`: what their counter of the day holds; `month_usd`: what
    the month's does."""
    until = levels.get("ends", {}).get(session.lower())
    return {
        **level_of(session, cohort, levels),
        **({"until": until} if until else {}),
        "cohort": cohort,
        "requests": int(counted.get("requests", 0)),
        "usd": format(counted.get("usd", Decimal(0)).normalize(), "f"),
        "budget_usd": limits.budgets["user"].usd,
        "tokens": {kind: int(counted.get(kind, 0)) for kind in KINDS},
        "stops": stops(session, counted, month_usd, limits, now),
    }
