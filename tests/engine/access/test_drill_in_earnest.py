"""`rollout drill` with people: each level taken and verified, and access given back."""

from __future__ import annotations

import json

import pytest

from tests.engine.world import STACK, World


@pytest.mark.long
def test_a_drill_takes_each_level_and_gives_access_back(pilot: World) -> None:
    answer = pilot.command("drill", "pilot", "--stack", STACK, "--yes", "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    taken = json.loads(answer.stdout)
    assert [(step["level"], step["verified"], step["allowed_minutes"]) for step in taken] == [
        ("restricted", True, 15),
        ("throttled", True, 30),
        ("suspended", True, 120),
        ("active", True, None),
    ]
    told = [change["after"] for change in pilot.changes_of_level()][-4:]
    assert told == ["restricted", "throttled", "suspended", "active"]
    pilot.sign_in("alice.chen@acme.example", "pilot")
