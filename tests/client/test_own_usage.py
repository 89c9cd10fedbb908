"""The real client's status line says what the person used, read with their own session."""

from __future__ import annotations

from rollout.levels import Level
from tests.client.deployed import Deployed
from tests.client.laptop import Laptop

SAYS = "Claude Code: today USD"


def test_the_status_line_says_what_the_person_used_today_and_of_which_budget(pilot: Deployed, alice: Laptop) -> None:
    pilot.give(alice, Level.ACTIVE)
    asked = [("Bedrock", "hello\r"), ("The sandbox read prompt", "again\r"), (SAYS, "")]
    session = alice.runs(typed=asked)
    assert f"{SAYS} 0.0" in session.output
    assert f"of {pilot.rollout.budgets.user_daily_usd:.2f}" in session.output
    assert (session.code, session.errors) == (0, "")
