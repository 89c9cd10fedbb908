"""What is said of spend that comes near a budget: to whom, by which way, in which words.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rollout.limits import Alert
from rollout.notices import Delivery, Route, Settings, Way, to_audiences, ways_to_people
from rollout.standing import digest

# The plan, exercise 3, cost: who hears of what. A person or lead whom nothing reaches is spoken for by an audience.
INSTEAD: Mapping[str, str] = {"user": "team_leads", "team": "team_leads", "month": "finance"}
# fmt: off
SAYS: Mapping[str, tuple[str, str]] = {
    "user": (
        "Claude Code: {usd} of your {budget} for today",
        "Nothing stops. `/usage` shows what costs; long sessions cost most, `/clear` begins a new one.",
    ),
    "team": (
        "Claude Code: team {name} has used {usd} of {budget} today",
        "Nothing stops. See who and which model, and whether it is worth it.",
    ),
    "month": (
        "Claude Code: {usd} of {budget} for {period}",
        "Nothing stops. Review with whoever leads the rollout: raise the budget, or throttle a cohort.",
    ),
}
# fmt: on


def alert_deliveries(document: Mapping[str, Any], settings: Settings) -> list[Delivery]:
    """`document`: an `Alert` as it came through the queue. None is sent twice: each has an id of its own."""
    alert = Alert(**document)
    title, advice = SAYS[alert.whose]
    usd, budget = Decimal(alert.usd), Decimal(alert.budget_usd)
    facts = {"usd": dollars(usd), "budget": dollars(budget), "name": alert.name, "period": alert.period}
    share = f" ({usd / budget:.0%})" if budget else ""
    lines = [
        f"Spend: {facts['usd']} of {facts['budget']}{share}, {alert.period} UTC",
        f"Who: {alert.name}" if alert.name else "Who: everybody",
        f"See: {alert.link}",
        f"Next: {advice}",
    ]
    record = {"schema": "claude-code-rollout/budget-alert/1", **document}
    return [
        Delivery(
            id=digest("alert", alert.id, way, *to),
            way=way,
            to=to,
            title=title.format(**facts),
            lines=lines,
            record=record,
        )
        for way, to in _to(alert, settings)
    ]


def _to(alert: Alert, settings: Settings) -> Iterator[tuple[Way, list[str]]]:
    ways = list(ways_to_people(settings)) if alert.to else []
    for way in ways:
        yield way, [str(alert.to)]
    if not ways:
        yield from to_audiences(Route(audiences=(INSTEAD[alert.whose],), email=True), settings)


def dollars(usd: Decimal) -> str:
    return f"${usd.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
