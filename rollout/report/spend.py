"""What a month has cost, and what it will have cost at its end if people go on as they did.

A working day and a day of the weekend each have a mean, of the last 28 whole days since use began. What is left of the
month is that many of each. The range is the one in which 8 of 10 such months end: the prediction interval of a sum of
independent days, t * s * sqrt(n + n^2 / m) for n days ahead out of m seen, the two kinds together in quadrature. It
knows nothing of holidays, and nothing of cohorts that open or close.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from statistics import mean, stdev
from typing import TypeVar

from rollout.model.rollout import Budgets
from rollout.report.facts import Use

SEEN_DAYS = 28
LEAST_WORKING_DAYS = 5
SATURDAY = 5
# Student's t at 0.9, one-sided: 8 of 10 are within both sides. By degrees of freedom, 1 to 19; the range has less.
T_90 = (
    *(3.078, 1.886, 1.638, 1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372),
    *(1.363, 1.356, 1.350, 1.345, 1.341, 1.337, 1.333, 1.330, 1.328),
)
T_90_BEYOND = 1.325


@dataclass(frozen=True, kw_only=True)
class Projection:
    """USD at the month's end: as expected, and what 8 of 10 such months lie between. `seen`: working days behind it."""

    expected: float
    low: float
    high: float
    seen: int


@dataclass(frozen=True, kw_only=True)
class Spend:
    """USD of the month so far. `daily`: of each day from the first of the month to today. `all_daily`: of each day of
    the report. `projection`: none where too little was seen."""

    month: date
    month_end: date
    today: date
    spent: float
    budget: float
    alert: float
    daily: Sequence[float]
    all_daily: Mapping[date, float]
    by_cohort: Mapping[str, float]
    by_team: Mapping[str, float]
    projection: Projection | None
    working_days_seen: int

    def share(self, amount: float) -> float | None:
        """Of the budget; none where the budget is nothing."""
        return amount / self.budget if self.budget else None

    @property
    def expects_more_than_budget(self) -> bool:
        return self.spent > self.budget or bool(self.projection and self.projection.expected > self.budget)


def spend(use: Iterable[Use], budgets: Budgets, today: date, since: date) -> Spend:
    """`use`: from at least `SEEN_DAYS` before today, and from the first of the month."""
    rows = [row for row in use if row.day <= today]
    daily = _summed(rows, lambda row: row.day)
    month = today.replace(day=1)
    end = today.replace(day=calendar.monthrange(today.year, today.month)[1])
    of_month = [row for row in rows if row.day >= month]
    seen = seen_days(daily, today)
    return Spend(
        month=month,
        month_end=end,
        today=today,
        spent=sum(row.usd for row in of_month),
        budget=budgets.monthly_usd,
        alert=budgets.monthly_usd * budgets.alert_at,
        daily=[daily.get(day, 0.0) for day in days(month, today)],
        all_daily={day: daily.get(day, 0.0) for day in days(since, today)},
        by_cohort=_largest_first(_summed(of_month, lambda row: row.cohort)),
        by_team=_largest_first(_summed(of_month, lambda row: row.team)),
        projection=projection(daily, today, end),
        working_days_seen=sum(map(_works, seen)),
    )


def projection(daily: Mapping[date, float], today: date, end: date) -> Projection | None:
    """`daily`: USD by day, days without use left out or not. None with fewer working days than would say anything."""
    seen, coming = seen_days(daily, today), days(today, end)
    kinds = {kind: [daily.get(day, 0.0) for day in seen if _works(day) is kind] for kind in (True, False)}
    if len(kinds[True]) < LEAST_WORKING_DAYS:
        return None
    # A weekend that nobody has seen yet costs nothing, as far as anybody knows.
    means = {kind: mean(known) if known else 0.0 for kind, known in kinds.items()}
    today_so_far = daily.get(today, 0.0)
    before = sum(usd for day, usd in daily.items() if today.replace(day=1) <= day < today)
    rest_of_today = max(means[_works(today)] - today_so_far, 0.0)
    spent = before + today_so_far
    expected = spent + rest_of_today + sum(means[_works(day)] for day in coming[1:])
    variance, freedom = 0.0, SEEN_DAYS
    for kind, known in kinds.items():
        ahead = sum(_works(day) is kind for day in coming)
        spread = stdev(known) if len(known) > 1 else 0.0
        if ahead and spread:
            variance += spread**2 * (ahead + ahead**2 / len(known))
            freedom = min(freedom, len(known) - 1)
    reach = _t(freedom) * sqrt(variance)
    return Projection(expected=expected, low=max(expected - reach, spent), high=expected + reach, seen=len(kinds[True]))


def seen_days(daily: Mapping[date, float], today: date) -> list[date]:
    """The whole days that say how people go on: the last 28, since the first with any use."""
    used = [day for day, usd in daily.items() if usd > 0 and day < today]
    if not used:
        return []
    return days(max(min(used), today - timedelta(days=SEEN_DAYS)), today - timedelta(days=1))


def days(first: date, last: date) -> list[date]:
    """Both included; none where the last is before the first."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _t(freedom: int) -> float:
    return T_90[freedom - 1] if freedom <= len(T_90) else T_90_BEYOND


def _works(day: date) -> bool:
    return day.weekday() < SATURDAY


Key = TypeVar("Key", str, date)


def _summed(rows: Iterable[Use], key: Callable[[Use], Key]) -> dict[Key, float]:
    found: defaultdict[Key, float] = defaultdict(float)
    for row in rows:
        found[key(row)] += row.usd
    return dict(found)


def _largest_first(found: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
