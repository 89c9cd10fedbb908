"""What people ask of a deployed stack: `rollout status`, `gate` and `doctor`, in words and as JSON, with their codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from cli.live.emergency import deny, lift
from tests.engine import world as worlds
from tests.engine.world import STACK, World
from tests.stacks import COMPANY, PROJECT

SCHEDULE = {"group": "default", "name": "claude-code-delivery"}
ALICE = "alice.chen@acme.example"


@dataclass(frozen=True)
class Said:
    """What one command said twice: to a person, and to a program."""

    code: int
    text: str
    found: Any


@pytest.fixture(scope="module")
def world(onboarded: World, tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    """Deployed, with all that a project's folder has. Each test leaves what the others look at as it was."""
    copy = worlds.again(onboarded, tmp_path_factory.mktemp("asking") / "world")
    shutil.copy(PROJECT / "requirements.txt", copy.folder)
    (copy.folder / ".venv").symlink_to(PROJECT / ".venv")
    with worlds.running(copy):
        yield copy


def asked(world: World, *words: str) -> Said:
    text = world.command(*words, "--stack", STACK)
    as_json = world.command(*words, "--stack", STACK, "--json")
    assert text.returncode == as_json.returncode, text.stdout + as_json.stdout
    assert text.stderr == as_json.stderr == ""
    return Said(text.returncode, text.stdout, json.loads(as_json.stdout))


@contextmanager
def put_back(world: World) -> Generator[None]:
    """The stack file, however the block ends."""
    before = world.stack_text()
    try:
        yield
    finally:
        (world.folder / f"Pulumi.{STACK}.yaml").write_text(before, encoding="utf-8")


@contextmanager
def failing(world: World, operation: str) -> Generator[None]:
    """AWS answers none of these calls until the block ends."""
    world.aws_control("/sandbox/faults", "POST", {"match": f"^{operation}$", "status": 500, "every": 1})
    try:
        yield
    finally:
        world.aws_control("/sandbox/faults", "DELETE")


def test_status_tells_what_is_deployed_and_where_file_and_stack_differ(world: World) -> None:
    said = asked(world, "status")
    assert said.code == 0
    assert "Not reached" not in said.text
    assert "3 of 3" in said.text
    [pilot] = said.found["cohorts"]
    assert (pilot["level"], pilot["members"], pilot["profiles"]) == ("active", 25, 3)
    assert (said.found["unreachable"], said.found["needs"], said.found["usd_month"]) == ([], [], 0)
    assert pilot["in_force"]["iam"]["allows"]
    assert (pilot["in_force"]["okta_asked"], pilot["in_force"]["in_okta"]) == (True, 25)
    assert "25 of 25 in its group" in " ".join(said.text.split())

    with put_back(world):
        with world.stack_file() as config:
            models = config["claude-code-rollout:models"]
            models["fable"] = {**models["opus"], "source": "global.anthropic.claude-fable-5"}
            config["claude-code-rollout:cohorts"]["pilot"]["models"].append("fable")
        said = asked(world, "status")
    assert said.code == 1
    assert "File:        differs: pilot: no profile of fable" in said.text
    assert said.found["needs"] == ["file and stack differ: pilot: no profile of fable"]


def test_a_cut_that_the_file_does_not_know_is_in_force_and_needs_somebody(world: World) -> None:
    found = deny(world.aws, "pilot", ALICE, [ALICE], datetime.now(UTC))
    try:
        said, listed = asked(world, "status"), asked(world, "incidents")
    finally:
        lift(world.aws, found)
    assert (said.code, listed.code) == (1, 0)
    assert "cuts of stack" in listed.text.splitlines()[0]
    [need] = said.found["needs"]
    assert need.startswith(f"{ALICE} was cut in IAM since ")
    assert "NOT SO:" in said.text
    assert f"cohorts.pilot: everything is denied to {ALICE} in IAM since " in listed.text
    assert [each["policy"] for each in listed.found["emergencies"]] == [found.policy]


def test_status_without_a_source_says_which_and_shows_the_rest(world: World) -> None:
    with failing(world, "GetMetricData"):
        said = asked(world, "status")

    assert said.code == 3
    assert {source["source"] for source in said.found["unreachable"]} == {"spend", "last activity"}
    assert "Not reached: spend: GetMetricData: " in said.text
    assert "Spend:       not known; the month's budget is USD 32,000" in said.text
    assert "Traceback" not in said.text
    assert said.found["usd_month"] is None
    assert said.found["cohorts"][0]["profiles"] == 3
    row = next(line for line in said.text.splitlines() if line.startswith("pilot"))
    assert row.split()[-3:] == ["?", "?", "?"]


def test_a_gate_knows_too_little_then_is_not_met_then_is_met(world: World) -> None:
    said = asked(world, "gate", "pilot")
    assert (said.code, said.found["state"]) == (3, "not enough data")
    assert "pilot: not enough data" in said.text
    assert said.found["missing"]

    world.aws_control("/sandbox/schedules", "POST", SCHEDULE)
    world.settle(120)
    said = asked(world, "gate", "pilot")
    assert (said.code, said.found["state"], said.found["missing"]) == (0, "met", []), said.text
    assert said.text.startswith("pilot: met\n")

    with put_back(world):
        with world.stack_file() as config:
            config["claude-code-rollout:cohorts"]["pilot"]["targets"]["pr_cycle_days"] = 1
        said = asked(world, "gate", "pilot")
    assert (said.code, said.found["state"]) == (1, "not met")
    assert said.found["metrics"]["pr_cycle_days"]["state"] == "not met"
    assert "  pr_cycle_days: not met: " in said.text

    refused = world.command("gate", "wave9", "--stack", STACK, "--json")
    assert refused.returncode == 1
    assert json.loads(refused.stdout) == {"errors": ["no such cohort: wave9; allowed: pilot"]}


def test_the_doctor_asks_everything_and_names_what_is_broken_with_its_fix(world: World) -> None:
    committed = yaml.safe_load((COMPANY / f"Pulumi.{STACK}.yaml").read_text(encoding="utf-8"))["config"]
    with world.stack_file() as config:
        config |= {key: value for key, value in committed.items() if key.startswith("claude-code-rollout:jamf")}
    said = asked(world, "doctor")
    assert (said.code, {finding["health"] for finding in said.found}) == (0, {"fine"}), said.text
    checks = {finding["check"] for finding in said.found}
    assert checks >= {"packages", "plug-ins", "own plug-ins", "people in Okta", "Jamf privileges", "Slack", "mail"}
    assert checks >= {"model opus", "use case form", "quota of profiles", "tokens per minute", "Lambda concurrency"}
    assert said.text.splitlines()[-1].strip() == f"0 broken, 0 not asked, {len(said.found)} fine"

    break_things(world)
    with failing(world, "GET /2016-08-19/account-settings/?"):
        said = asked(world, "doctor")
    broken = [finding for finding in said.found if finding["health"] != "fine"]
    assert said.code == 1
    assert {(finding["check"], finding["health"], finding["what"]) for finding in broken} == {
        ("plug-ins", "broken", "okta 7.0.1 is not there"),
        ("people in Okta", "broken", f"{ALICE} of pilot: deprovisioned in acme.okta.com"),
        ("Jamf privileges", "broken", "missing: Delete Scripts, Update Policies"),
        ("quota of profiles", "broken", "3 needed, 2 allowed"),
        *(
            ("tokens per minute", "broken", f"{label}: 90,000 allowed, about 1,250,000 advised for 25 people")
            for label in ("haiku", "opus", "sonnet")
        ),
        ("invocation logging", "broken", "is off, so nothing is counted"),
        (
            "Lambda concurrency",
            "not asked",
            "GetAccountSettings: InternalFailure: The sandbox was told to fail this call.",
        ),
    }
    assert said.found[: len(broken)] == broken
    assert broken[-1]["health"] == "not asked"
    assert all(finding["fix"] for finding in broken)
    assert all(f"do: {finding['fix']}" in " ".join(said.text.split()) for finding in broken)
    assert "`pulumi plugin install resource okta 7.0.1`" in {finding["fix"] for finding in broken}


def break_things(world: World) -> None:
    """By hand, each in its own cloud."""
    [plugin] = (world.settings.home / "pulumi" / "plugins").glob("resource-okta-*[0-9]")
    shutil.rmtree(plugin)
    world.okta(f"/api/v1/users/{ALICE}/lifecycle/deactivate", "POST")
    world.jamf_control("/sandbox/jamf", "PUT", {"missing_privileges": ["Delete Scripts", "Update Policies"]})
    world.aws_control("/sandbox/quotas", "PUT", {"application_profiles": 2, "tokens_per_minute": 90_000})
    world.aws("bedrock").delete_model_invocation_logging_configuration()
