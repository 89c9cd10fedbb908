"""A cohort of one, as README adds it: how much of a plan a person has to read, and what `rollout plan` and `up` do."""

from __future__ import annotations

import json
from typing import Any

from tests.engine.world import STACK, World
from tests.stacks import PROJECT

RAVI = "ravi.menon@acme.example"
LINES = 60


def add_a_cohort_of_one(world: World) -> None:
    with world.stack_file() as config:
        config["claude-code-rollout:cohorts"]["wave2"] = {
            "level": "active",
            "models": ["haiku", "sonnet"],
            "members": {RAVI: {"name": "Ravi Menon", "team": "backend", "seniority": "mid", "champion": True}},
        }


def document(world: World, *words: str, code: int = 0) -> Any:
    ended = world.command(*words, "--stack", STACK, "--json")
    assert ended.returncode == code, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def test_a_cohort_of_one_is_a_plan_that_people_read_and_one_update(pilot: World) -> None:
    add_a_cohort_of_one(pilot)
    previewed = pilot.pulumi("preview", "--stack", STACK)
    # A line each few seconds says that the engine is at work: how many depends on the machine.
    said = [line for line in previewed.splitlines() if not line.startswith("@ previewing")]
    assert len(said) <= LINES, previewed
    assert "Outputs:" not in previewed
    assert "budgets" not in previewed

    planned = document(pilot, "plan", "--policy-pack", str(PROJECT / "policies"))
    assert [(each["email"], each["cohort"], each["models"]) for each in planned["gain"]] == [
        (RAVI, "wave2", ["haiku", "sonnet"])
    ]
    assert (planned["lose"], planned["deleted"], planned["replaced"], planned["refused"]) == ([], [], [], False)
    assert planned["counts"]["create"] > 20

    done = pilot.command("up", "--stack", STACK, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 gain access" in done.stdout
    assert f"`rollout sign-in -s {STACK} wave2`" in done.stdout
    assert pilot.sign_in(RAVI, "wave2")
    assert document(pilot, "up", "--yes")["updated"] is False

    with pilot.stack_file() as config:
        del config["claude-code-rollout:cohorts"]["wave2"]["members"][RAVI]
    planned = document(pilot, "plan")
    assert [(each["email"], each["cohort"]) for each in planned["lose"]] == [(RAVI, "wave2")]


def test_an_update_that_okta_cuts_short_is_done_in_part_and_goes_on(pilot: World) -> None:
    add_a_cohort_of_one(pilot)
    pilot.okta("/sandbox/faults", "POST", {"match": "POST /api/v1/groups", "status": 400, "every": 1})
    ended = pilot.command("up", "--stack", STACK, "--yes")
    assert ended.returncode in {1, 3}, ended.stdout + ended.stderr
    assert "error" in ended.stdout
    pilot.okta("/sandbox/faults", "DELETE")
    assert pilot.command("up", "--stack", STACK, "--yes").returncode == 0
    assert pilot.sign_in(RAVI, "wave2")
