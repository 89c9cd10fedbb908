"""The real client's status line says what the person used, read with their own session."""

from __future__ import annotations

import time

from rollout import names
from rollout.levels import Level
from tests.client.deployed import Deployed
from tests.client.laptop import Laptop


def counted(pilot: Deployed, seconds: float = 240) -> bool:
    """Whether the meter has written down what a person may read."""
    table, deadline = pilot.world.aws("dynamodb"), time.monotonic() + seconds
    while time.monotonic() < deadline:
        items = table.scan(TableName=names.USAGE_TABLE)["Items"]
        if any(item["id"]["S"].startswith(names.own_usage("AROA")) for item in items):
            return True
        time.sleep(0.2)
    return False


def test_the_status_line_says_what_the_person_used_today_and_of_which_budget(pilot: Deployed, alice: Laptop) -> None:
    pilot.give(alice, Level.ACTIVE)
    alice.asks("hello")
    assert counted(pilot)
    # The first line is empty; it is drawn anew with the answer.
    of_budget = f"of {pilot.rollout.budgets.user_daily_usd:.2f}"
    session = alice.runs(typed=[("Bedrock", "hello\r"), (of_budget, "")])
    assert "Claude Code: today USD" in session.output
    assert (session.code, session.errors) == (0, "")
