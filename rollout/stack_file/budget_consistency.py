"""Whether the budgets agree with each other, with how many people there are, and with what Claude Code costs elsewhere.

A contradiction is a mistake of the stack file: one budget makes another impossible to reach. All else is a warning with
its arithmetic, for whoever decides: budgets below what people will use are no mistake, if they are meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from rollout.model.budgets import Budgets
from rollout.model.errors import Mistake
from rollout.model.rollout import Rollout
from rollout.observability.cohort_alarms import WORKDAYS

# Anthropic, Claude Code documentation, "Manage costs" (read 2026-08): an average of USD 13 per developer and active
# day, USD 150 to 250 per developer and month. Sixteen active days a month lie between.
USD_PER_ACTIVE_DAY, ACTIVE_DAYS = 13, 16
USD_PER_MONTH = (150, 250)


def contradictions(budgets: Budgets) -> Iterator[Mistake]:
    """Of what the stack file says itself: a default that does not fit is doubted, and no mistake."""
    user, team, month = budgets.user_daily_usd, budgets.team_daily_usd, budgets.monthly_usd
    said = budgets.model_fields_set
    if user > team and said >= {"user_daily_usd", "team_daily_usd"}:
        text = f"USD {user:,.2f} for one user is more than USD {team:,.2f} for a whole team: nobody could reach it"
        yield Mistake(("budgets", "user_daily_usd"), f"{text}; raise team_daily_usd, or lower this")
    if team > month and said >= {"team_daily_usd", "monthly_usd"}:
        text = f"USD {team:,.2f} for a team in a day is more than USD {month:,.2f} for everybody in a month"
        yield Mistake(("budgets", "team_daily_usd"), f"{text}; raise monthly_usd, or lower this")
    if budgets.anomaly_monitor and budgets.anomaly_usd is None:
        yield Mistake(("budgets", "anomaly_monitor"), "nobody is told of it; set anomaly_usd too, or take this out")
    yield from _stops(budgets)
    yield from _raises(budgets)


# What is told before what stops, and the stop of less before that of more.
WARNED = (
    ("user_daily_usd", "user_daily_stop_usd"),
    ("team_daily_usd", "team_daily_stop_usd"),
    ("monthly_usd", "monthly_stop_usd"),
)
WITHIN = (
    ("user_daily_stop_usd", "user_monthly_stop_usd", "one user in a day", "the same user in a month"),
    ("user_daily_stop_usd", "team_daily_stop_usd", "one user in a day", "a whole team"),
    ("user_monthly_stop_usd", "monthly_stop_usd", "one user in a month", "everybody"),
    ("team_daily_stop_usd", "monthly_stop_usd", "a team in a day", "everybody in a month"),
)


def _stops(budgets: Budgets) -> Iterator[Mistake]:
    for budget, stop in WARNED:
        warned, stopped = getattr(budgets, budget), getattr(budgets, stop)
        if stopped is not None and stopped < warned and budget in budgets.model_fields_set:
            text = f"stops at USD {stopped:,.2f}, before {budget} (USD {warned:,.2f}) is reached"
            yield Mistake(("budgets", stop), f"{text}; raise it, or lower {budget}")
    for less, more, whose, of_more in WITHIN:
        low, high = getattr(budgets, less), getattr(budgets, more)
        if low is not None and high is not None and low > high:
            text = f"USD {low:,.2f} for {whose} is more than USD {high:,.2f} for {of_more}: nobody could reach it"
            yield Mistake(("budgets", less), f"{text}; raise {more}, or lower this")


def _raises(budgets: Budgets) -> Iterator[Mistake]:
    keys = ("user_daily_stop_usd", "user_monthly_stop_usd")
    for email, raised in budgets.raises.items():
        path = ("budgets", "raises", email)
        said = [key for key in keys if getattr(raised, key) is not None]
        if not said:
            yield Mistake(path, f"raises nothing; say {keys[0]} or {keys[1]}")
        for key in said:
            usual, more = getattr(budgets, key), getattr(raised, key)
            if usual is None:
                yield Mistake((*path, key), f"there is no usual stop to raise: set budgets.{key}, or take this out")
            elif more <= usual:
                text = f"USD {more:,.2f} is no more than the usual USD {usual:,.2f}; raise it, or take it out"
                yield Mistake((*path, key), text)


def doubts(rollout: Rollout) -> Iterator[str]:
    """What does not fit together, one line each, with the arithmetic; nothing where no head-count is known."""
    budgets, teams = rollout.budgets, rollout.organization.teams
    people = sum(team.headcount for team in teams.values())
    if not people:
        return
    user, team, month = budgets.user_daily_usd, budgets.team_daily_usd, budgets.monthly_usd
    usual = people * USD_PER_ACTIVE_DAY * ACTIVE_DAYS
    if usual > month:
        low, high = (people * usd for usd in USD_PER_MONTH)
        yield (
            f"budgets.monthly_usd: {month:,.0f} for {people} developers is {month / people:,.0f} each; published "
            f"averages are {USD_PER_MONTH[0]} to {USD_PER_MONTH[1]}, {low:,.0f} to {high:,.0f} for all "
            f"({people} x {USD_PER_ACTIVE_DAY} x {ACTIVE_DAYS} active days = {usual:,.0f})"
        )
    yield from _times("user_daily_usd", people, user, month, ": it is used up long before anybody's day is")
    yield from _times("team_daily_usd", len(teams), team, month, "")
    first = [(name, count) for name, count in _headcounts(rollout) if count * user > team]
    if first:
        named = ", ".join(f"{name} {count} x {user:,.0f} = {count * user:,.0f}" for name, count in first)
        yield (
            f"budgets.team_daily_usd: {team:,.0f} is reached before the users' own budgets are ({named}): the lead is "
            "told while no user has been"
        )


def _headcounts(rollout: Rollout) -> list[tuple[str, int]]:
    return [(name, team.headcount) for name, team in sorted(rollout.organization.teams.items())]


def _times(key: str, count: int, daily: float, month: float, therefore: str) -> Iterator[str]:
    whole = count * daily * WORKDAYS
    if whole > month:
        times = f"{whole / month:.1f} times" if month else "beyond"
        yield (
            f"budgets.{key}: {count} x {daily:,.0f} x {WORKDAYS} working days = {whole:,.0f}, {times} "
            f"budgets.monthly_usd ({month:,.0f}){therefore}"
        )
