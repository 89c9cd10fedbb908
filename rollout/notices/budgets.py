"""What is said of spend that comes near a budget: to whom, by which way, in which words.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rollout.incidents.cohort_state import digest
from rollout.names import MACHINE
from rollout.notices.level_changes import Delivery, Route, Settings, Way, to_audiences, ways_to_people
from rollout.usage.thresholds import STEPS, Alert, parts

# The plan, exercise 3, cost: who hears of what. A person or lead whom nothing reaches is spoken for by an audience.
INSTEAD: Mapping[str, str] = {"user": "team_leads", "team": "team_leads", "month": "finance"}
# fmt: off
SAYS: Mapping[str, tuple[str, str]] = {
    "user": (
        "Claude Code: {usd} of your {budget} for today",
        "{stops}. `/usage` shows what costs; long sessions cost most, `/clear` begins a new one.",
    ),
    "team": (
        "Claude Code: team {name} has used {usd} of {budget} today",
        "{stops}. See who and which model, and whether it is worth it.",
    ),
    "month": (
        "Claude Code: {usd} of {budget} for {period}",
        "{stops}. Review with whoever leads the rollout: raise the budget, or throttle a cohort.",
    ),
}
# Of a stop, by the kind of counter: first when it is near, then when it is reached.
NEAR: Mapping[str, tuple[str, str]] = {
    "user-day": (
        "Claude Code: {usd} of {budget}, at which you are stopped today",
        "Long sessions cost most, `/clear` begins a new one. For more today ask your team lead for a raise.",
    ),
    "user-month": (
        "Claude Code: {usd} of {budget}, at which you are stopped this month",
        "Long sessions cost most, `/clear` begins a new one. For more ask your team lead for a raise.",
    ),
    "team-day": (
        "Claude Code: team {name} has used {usd} of {budget}, at which it is stopped today",
        "See who and which model; raise `budgets.team_daily_stop_usd`, or let the day end.",
    ),
    "month": (
        "Claude Code: {usd} of {budget}, at which everybody is stopped in {period}",
        "Review with whoever leads the rollout now: raise `budgets.monthly_stop_usd`, or throttle a cohort.",
    ),
}
REACHED: Mapping[str, tuple[str, str]] = {
    "user-day": (
        "Claude Code has stopped for you until midnight UTC: {usd} of {budget}",
        "Your work is kept. Who needs more today asks their team lead for a raise: `budgets.raises` in the stack file.",
    ),
    "user-month": (
        "Claude Code has stopped for you until the month ends: {usd} of {budget}",
        "Your work is kept. Who needs more asks their team lead for a raise: `budgets.raises` in the stack file.",
    ),
    "team-day": (
        "Claude Code has stopped for team {name} until midnight UTC: {usd} of {budget}",
        "Work is kept. To go on today, the lead has `budgets.team_daily_stop_usd` raised, and the update lifts it.",
    ),
    "month": (
        "Claude Code has stopped for everybody until the month ends: {usd} of {budget}",
        "Work is kept. To go on, raise `budgets.monthly_stop_usd` in a pull request: its update lifts the stop.",
    ),
}
# fmt: on


def alert_deliveries(document: Mapping[str, Any], settings: Settings) -> list[Delivery]:
    """`document`: an `Alert` as it came through the queue. None is sent twice: each has an id of its own."""
    alert = Alert(**document)
    title, advice = _words(alert)
    usd, budget = Decimal(alert.usd), Decimal(alert.budget_usd)
    facts = {"usd": dollars(usd), "budget": dollars(budget), "name": alert.name, "period": alert.period}
    facts["stops"] = f"Stops at {dollars(Decimal(alert.stop_usd))}" if alert.stop_usd else "Nothing stops"
    share = f" ({usd / budget:.0%})" if budget else ""
    lines = [
        f"Spend: {facts['usd']} of {facts['budget']}{share}, {alert.period} UTC",
        f"Who: {alert.name}" if alert.name else "Who: everybody",
        *([f"Stop: lifted at {alert.ends}, without anybody doing anything"] if alert.percent == STEPS[-1] else []),
        *([f"Raised: until {alert.raised_until}, then the usual stop holds again"] if alert.raised_until else []),
        f"See: {alert.link}",
        f"Next: {advice.format(**facts)}",
    ]
    record = {"schema": "claude-code-rollout/budget-alert/1", **document}
    return [
        Delivery(
            id=digest("alert", alert.id, way, *to),
            way=way,
            to=to,
            title=f"{_machine(alert)}{title.format(**facts)}",
            lines=lines,
            record=record,
        )
        for way, to in _to(alert, settings)
    ]


def _machine(alert: Alert) -> str:
    """Before a title that speaks to somebody: who answers for a machine reads it."""
    return f"Of your machine {alert.name}: " if alert.whose == "user" and MACHINE.fullmatch(alert.name) else ""


def _words(alert: Alert) -> tuple[str, str]:
    if alert.percent is None:
        return SAYS[alert.whose]
    kind = parts(alert.id)[0]
    return (REACHED if alert.percent == STEPS[-1] else NEAR)[kind]


def _to(alert: Alert, settings: Settings) -> Iterator[tuple[Way, list[str]]]:
    ways = list(ways_to_people(settings)) if alert.to else []
    for way in ways:
        yield way, [str(alert.to)]
    if not ways:
        yield from to_audiences(Route(audiences=_audiences(alert), email=True), settings)


def _audiences(alert: Alert) -> tuple[str, ...]:
    """Whom it concerns where nobody is reached in person; of everybody's stop, everybody."""
    everybody = alert.whose == "month" and alert.percent == STEPS[-1]
    return (INSTEAD[alert.whose], "engineering") if everybody else (INSTEAD[alert.whose],)


def dollars(usd: Decimal) -> str:
    return f"${usd.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
