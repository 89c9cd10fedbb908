"""Two stacks in one account, side by side: what the second must adopt is found, written, counted and left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from tests.engine.usage.test_metering import USED, ask, counters, dead_letters
from tests.engine.world import World

ALICE, RAVI = "alice.chen@acme.example", "ravi.menon@acme.example"
PEOPLE = f"name,email,team\nRavi Menon,{RAVI},backend\n"
ADOPT = "claude-code-rollout:adopt"
INCIDENT = {"id": "INC-9", "since": "2026-11-23T11:00:00Z", "reason": "a test"}


def beside(world: World, stack: str = "second", **answers: Any) -> dict[str, Any]:
    """What `rollout init --beside` wrote."""
    (world.folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    said = {"cohort": "trial", "people": "people.csv", "models": ["haiku"], "monthly_usd": 500, **answers}
    (world.folder / "answers.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    ended = world.command("init", "--beside", "sandbox", "--stack", stack, "--answers", "answers.yaml", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)


def set_level(world: World, level: str, stack: str = "second", cohort: str = "trial", **more: Any) -> None:
    with world.stack_file(stack) as config:
        config["claude-code-rollout:cohorts"][cohort].update(level=level, **more)


def mistakes(world: World, stack: str) -> list[str]:
    return json.loads(world.command("check", "-s", stack, "--json").stdout)["errors"]


def there_already(world: World, stack: str) -> list[dict[str, str]]:
    found = json.loads(world.command("doctor", "-s", stack, "--json").stdout)
    return [each for each in found if each["check"] == "there already"]


def spent_today(world: World, stack: str) -> float:
    return json.loads(world.command("status", "-s", stack, "--json").stdout)["usd_today"]


def denied(world: World, session: dict[str, Any], profile: str) -> bool:
    try:
        ask(world, session, profile)
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDeniedException"
    return False


def test_each_clash_is_said_before_an_update_by_the_files_and_by_the_account(pilot: World) -> None:
    written = beside(pilot)
    assert sorted(written["written"]) == ["Pulumi.second.yaml", "rosters/second-trial.csv"]
    set_level(pilot, "active")
    assert mistakes(pilot, "second") == []
    assert [each["health"] for each in there_already(pilot, "second")] == ["fine"]

    with pilot.stack_file("second") as config:
        adopt = config.pop(ADOPT)
    [line] = mistakes(pilot, "second")
    assert line.startswith("Pulumi.second.yaml: adopt: missing ")
    [found] = there_already(pilot, "second")
    assert found["health"] == "broken"
    assert "function claude-code-meter (of stack sandbox)" in found["what"]
    said = yaml.safe_load(found["fix"].split("`")[1])
    assert said == {ADOPT: adopt}, "what the account tells is what the first stack's state tells"

    assert written["adopt"] == adopt
    ended = pilot.command("init", "--beside", "sandbox", "--stack", "second", "--yes", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert mistakes(pilot, "second") == []

    with pilot.stack_file("second") as config:
        config["claude-code-rollout:cohorts"] = {"pilot": config["claude-code-rollout:cohorts"]["trial"]}
    assert any("cohorts.pilot: stack sandbox of the same account" in line for line in mistakes(pilot, "second"))
    clash = [each["what"] for each in there_already(pilot, "second") if each["health"] == "broken"]
    assert any(what.startswith("role claude-code-pilot (of stack sandbox)") for what in clash), clash


def test_two_stacks_are_up_beside_each_other_counted_by_one_meter_and_neither_takes_the_other_along(
    pilot: World,
) -> None:
    beside(pilot)
    set_level(pilot, "active")
    pilot.pulumi("stack", "init", "second", "--no-select")
    pilot.up(stack="second")
    pilot.pulumi("preview", "--stack", "second", "--refresh", "--expect-no-changes")
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")

    ravi, alice = pilot.sign_in(RAVI, "trial"), pilot.sign_in(ALICE, "pilot")
    own, other = pilot.cohorts("second")["trial"]["profile_arns"]["haiku"], pilot.cohorts()["pilot"]["profile_arns"]
    ask(pilot, ravi, own, USED)
    ask(pilot, alice, other["haiku"], USED)
    found = counters(pilot)
    assert {f"user-day#{RAVI}", f"user-day#{ALICE}"} <= found.keys()
    assert found["month"]["requests"] == found["team-day#backend"]["requests"] == 2
    assert dead_letters(pilot) == [], "the second's use is no shadow, and nothing is unknown"
    for stack in ("second", "sandbox"):
        assert spent_today(pilot, stack) == pytest.approx(float(found["month"]["usd"]) / 2)
    assert denied(pilot, ravi, other["haiku"])
    assert denied(pilot, alice, own)

    told = pilot.command("status", "--all", "--json")
    rows = {row["stack"]: row for row in json.loads(told.stdout)["stacks"]}
    for stack in ("second", "sandbox"):
        assert rows[stack]["usd_today"] == pytest.approx(float(found["month"]["usd"]) / 2)
    assert {stack for stack, row in rows.items() if not row["is_up"]} == {"dev", "prod"}

    ended = pilot.command("cut", "trial", "-s", "second")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert denied(pilot, ravi, own)
    assert not denied(pilot, alice, other["haiku"])
    set_level(pilot, "suspended", incident=INCIDENT)
    pilot.up(stack="second")
    assert denied(pilot, ravi, own)
    assert not denied(pilot, alice, other["haiku"])
    assert pilot.sign_in(ALICE, "pilot")
    assert len(pilot.group("Claude-Code-Users")) == 25

    told = json.loads(pilot.command("report", "--all", "--json").stdout)
    steps = {stack: {step["cohort"] for step in one.get("steps") or ()} for stack, one in told["stacks"].items()}
    assert steps["second"] == {"trial"}
    assert "trial" not in steps["sandbox"], "an incident of one stack is none of the other's"
    assert told["people"] == 25, "who is cut has no access"

    ended_well, said = pilot.try_pulumi("destroy", "--stack", "sandbox", "--yes")
    assert not ended_well
    assert "protected" in said
    assert not denied(pilot, pilot.sign_in(ALICE, "pilot"), other["haiku"]), "nothing of it is gone"

    pilot.pulumi("state", "unprotect", "--all", "--yes", "--stack", "second")
    pilot.pulumi("destroy", "--stack", "second", "--yes")
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
    assert not denied(pilot, alice, other["haiku"])
