"""Who is told of spend that comes near a budget, by which way, in which words."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from rollout.notices.budgets import alert_deliveries
from rollout.notices.formats import amazon_q
from rollout.usage.thresholds import Alert
from tests.notices.test_notices import SETTINGS

ALICE, LEAD = "alice.chen@acme.example", "lead@acme.example"


def alert(**changes: Any) -> dict[str, Any]:
    made = Alert(
        id=f"user-day#{ALICE}#2026-11-24",
        whose="user",
        name=ALICE,
        period="2026-11-24",
        usd="40.005",
        budget_usd="50",
        to=ALICE,
        link="https://example.com/dashboard",
    )
    return dataclasses.asdict(dataclasses.replace(made, **changes))


TEAM = {"id": "team-day#backend#2026-11-24", "whose": "team", "name": "backend", "usd": "401.5", "budget_usd": "500"}
MONTH = {"id": "month#2026-11", "whose": "month", "name": "", "period": "2026-11", "to": None, "usd": "9600"}


def ways(document: dict[str, Any], **changes: Any) -> list[tuple[str, list[str]]]:
    return [(d.way, d.to) for d in alert_deliveries(document, dataclasses.replace(SETTINGS, **changes))]


def test_a_user_hears_in_person_with_the_numbers_the_day_and_a_link() -> None:
    assert ways(alert()) == [("slack_person", [ALICE]), ("email", [ALICE])]
    first = alert_deliveries(alert(), SETTINGS)[0]
    assert first.title == "Claude Code: $40.01 of your $50.00 for today"
    assert first.lines[:3] == [
        "Spend: $40.01 of $50.00 (80%), 2026-11-24 UTC",
        f"Who: {ALICE}",
        "See: https://example.com/dashboard",
    ]


def test_a_team_is_told_of_to_its_lead_and_the_month_to_finance() -> None:
    assert ways(alert(**TEAM, to=LEAD)) == [("slack_person", [LEAD]), ("email", [LEAD])]
    assert ways(alert(**MONTH, budget_usd="12000")) == [("topic", ["finance"]), ("email", ["finance@acme.example"])]
    [first, _] = alert_deliveries(alert(**MONTH, budget_usd="12000"), SETTINGS)
    assert first.title == "Claude Code: $9,600.00 of $12,000.00 for 2026-11"


@pytest.mark.parametrize("changes", [{}, TEAM])
def test_where_nothing_reaches_a_person_the_team_leads_hear(changes: dict[str, Any]) -> None:
    assert ways(alert(**changes, to=None))[0] == ("topic", ["team_leads"])
    assert ways(alert(**changes, to=ALICE), bot=False, email_from=None)[0] == ("topic", ["team_leads"])


def test_each_delivery_has_an_id_of_its_own_that_a_repetition_shares() -> None:
    documents = (alert(), alert(**TEAM, to=LEAD), alert(**MONTH))
    ids = [delivery.id for document in documents for delivery in alert_deliveries(document, SETTINGS)]
    assert len(set(ids)) == len(ids)
    assert ids[0] == alert_deliveries(alert(usd="41"), SETTINGS)[0].id


def test_amazon_q_shows_an_alert_too() -> None:
    shown = amazon_q(alert_deliveries(alert(), SETTINGS)[0])
    assert shown["content"]["nextSteps"][0].startswith("Nothing stops.")
    assert shown["metadata"]["threadId"] == alert()["id"]
