"""What a person may read of their own use: one item of the meter's table, under a key that IAM compares with who asks.

This runs in AWS Lambda too, where there is no pydantic: standard library only. `mac/rollout_me` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rollout.limits import Limits
from rollout.usage import KINDS

ACTIVE = {"level": "active"}


def level_of(session: str, cohort: str, levels: Mapping[str, Mapping[str, Any]]) -> Mapping[str, str]:
    """`level`, and above `active` also `why`. `levels`: of `cohorts`, and of `people` who differ, by session in lower
    case."""
    return levels["people"].get(session.lower()) or levels["cohorts"].get(cohort) or ACTIVE


def stops(session: str, counted: Mapping[str, Decimal], limits: Limits) -> list[dict[str, str]]:
    """What ends this person's day, each with what is left of it. Another kind of stop, such as one in dollars, joins
    here: `unit`, `used`, `most` and `left`, numbers as text."""
    found: list[dict[str, str]] = []
    if session.lower() in limits.quota_policies:
        used = sum((counted.get(kind, Decimal(0)) for kind in limits.quota_kinds), Decimal(0))
        found.append(_stop("tokens", used, Decimal(limits.quota_tokens)))
    return found


def _stop(unit: str, used: Decimal, most: Decimal) -> dict[str, str]:
    left = max(Decimal(0), most - used)
    return {
        "unit": unit,
        **{name: format(each, "f") for name, each in (("used", used), ("most", most), ("left", left))},
    }


def own_item(
    session: str, cohort: str, counted: Mapping[str, Decimal], limits: Limits, levels: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """What is written down for one person and day. `counted`: what their counter of the day holds."""
    return {
        **level_of(session, cohort, levels),
        "cohort": cohort,
        "requests": int(counted.get("requests", 0)),
        "usd": format(counted.get("usd", Decimal(0)).normalize(), "f"),
        "budget_usd": limits.budgets["user"].usd,
        "tokens": {kind: int(counted.get(kind, 0)) for kind in KINDS},
        "stops": stops(session, counted, limits),
    }
