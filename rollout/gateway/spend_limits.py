"""Spend limits of the vendor's gateway, as its admin API takes them: what of `budgets` it can say, in US cents.

It refuses from the next request on, by its own count; the meter's Deny in IAM is what holds for every way in, and the
only one that knows teams, single people's raises and tokens. So a limit here may be looser than IAM's, and never
tighter than what the stack file allows somebody.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.model.models import Model, Prices
from rollout.model.rollout import Rollout

# The gateway's own bound of a price, of a million tokens.
MOST_USD = 10_000
TOKENS = 1_000_000


def limits(rollout: Rollout, account: Account, cohorts: tuple[str, ...]) -> list[dict[str, Any]]:
    """Bodies of `POST /v1/organizations/spend_limits`, in a stable order, so that all of them posted anew leave nothing
    of an earlier file.

    `organization` is each person's own, by default; a group's takes its place for its people, also where it is `null`,
    which is no limit; `pooled_budget` is shared by all of a group. `cohorts`: those that are served.
    """
    person = _persons(rollout)
    rows = [_row({"type": "organization"}, period, cents) for period, cents in person.items()]
    for cohort in cohorts:
        known = [cents for cents in (_tokens(rollout, cohort), person["daily"]) if cents is not None]
        rows.append(_row(_group(names.okta_group(account.id, cohort)), "daily", min(known, default=None)))
    pool = _pool(rollout)
    each = pool if person["monthly"] is None else person["monthly"]
    shared = {"amount": None if pool is None else str(pool), "paused": pool is None}
    return [*rows, {**_row(_group(rollout.okta.umbrella_group), "monthly", each), "pooled_budget": shared}]


def any_set(rollout: Rollout, cohorts: tuple[str, ...]) -> bool:
    """Whether the gateway has anything to refuse for: nothing where `budgets` stops nobody and nobody is throttled."""
    found = [*_persons(rollout).values(), _pool(rollout), *(_tokens(rollout, cohort) for cohort in cohorts)]
    return any(cents is not None for cents in found)


def _persons(rollout: Rollout) -> dict[str, int | None]:
    budgets = rollout.budgets
    raises = budgets.raises.values()
    return {
        "daily": _most(budgets.user_daily_stop_usd, [each.user_daily_stop_usd for each in raises]),
        "monthly": _most(budgets.user_monthly_stop_usd, [each.user_monthly_stop_usd for each in raises]),
    }


def _pool(rollout: Rollout) -> int | None:
    """Of all: the umbrella group's, in which everybody is."""
    usd = rollout.budgets.monthly_stop_usd
    return None if usd is None else _cents(usd)


def _most(usual: float | None, raised: list[float | None]) -> int | None:
    """By address nobody can be raised there, so everybody's is the largest that anybody has; IAM has each one's."""
    return None if usual is None else _cents(max([usual, *(usd for usd in raised if usd is not None)]))


def _tokens(rollout: Rollout, cohort: str) -> int | None:
    """What a throttled cohort's tokens of a day cost at most, each person's: the gateway counts no tokens. Cache reads,
    which do not count as tokens, cost here; IAM stops at the token."""
    throttle = rollout.throttle
    if rollout.cohorts[cohort].level.effects.models != "throttle" or throttle.model not in rollout.models:
        return None
    model = rollout.models[throttle.model]
    return max(1, math.ceil(100 * throttle.daily_tokens * _dearest(model, throttle.counts) / TOKENS))


def _dearest(model: Model, kinds: tuple[str, ...]) -> float:
    tables: list[Prices] = [model, *([model.long_prompt] if model.long_prompt else [])]
    return max(float(getattr(table, kind)) for table in tables for kind in kinds)


def _group(name: str) -> dict[str, str]:
    return {"type": "rbac_group", "rbac_group_id": name}


def _row(scope: Mapping[str, str], period: str, cents: int | None) -> dict[str, Any]:
    return {"scope": dict(scope), "period": period, "amount": None if cents is None else str(cents)}


def _cents(usd: float) -> int:
    """Whole ones: the gateway takes no others."""
    return math.ceil(usd * 100 - 1e-6)
