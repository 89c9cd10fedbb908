"""Success is what Okta says, not what a provider reports; and a wrong stack file touches nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from sandbox import server, workspace
from tests.engine.world import World

ALICE, LEAD = "alice.chen@acme.example", "priya.raman@acme.example"
GROUP = "aws_123456789012_claude-code-pilot"
WRITES = ("POST", "PUT", "DELETE", "Create", "Put", "Delete", "Update", "Attach")


def members(world: World) -> dict[str, str]:
    return world.group(GROUP)


def add(world: World, email: str, name: str, team: str) -> None:
    key = f'claude-code-rollout:cohorts.pilot.members["{email}"]'
    world.pulumi("config", "set", "--stack", "sandbox", "--path", f"{key}.name", name)
    world.pulumi("config", "set", "--stack", "sandbox", "--path", f"{key}.team", team)


def test_a_person_added_by_hand_shows_in_a_refreshing_preview_and_is_taken_out(pilot: World) -> None:
    pilot.okta(f"/api/v1/groups/{pilot.group_id(GROUP)}/users/{pilot.user_id(LEAD)}", "PUT")
    changed = pilot.plan("--refresh")
    assert [urn.rpartition("::")[2] for urn in changed] == ["pilot-membership-members"]
    said = pilot.up(fails=True)
    assert f"in the Okta group {GROUP} but not to be: {LEAD}" in said
    pilot.up("--refresh")
    assert LEAD not in members(pilot)


def test_a_person_removed_by_hand_shows_and_is_put_back(pilot: World) -> None:
    pilot.okta(f"/api/v1/groups/{pilot.group_id(GROUP)}/users/{pilot.user_id(ALICE)}", "DELETE")
    assert pilot.plan("--refresh")
    said = pilot.up(fails=True)
    assert f"missing from the Okta group {GROUP}: {ALICE}" in said
    pilot.up("--refresh")
    assert ALICE in members(pilot)


@pytest.mark.parametrize("status", [500, 404])
def test_a_membership_that_okta_refused_is_no_success(pilot: World, status: int) -> None:
    add(pilot, LEAD, "Priya Raman", "backend")
    path = f"/api/v1/groups/{pilot.group_id(GROUP)}/users/"
    pilot.okta("/sandbox/faults", "POST", {"match": f"PUT {path}.*", "status": status, "times": 1})
    said = pilot.up(fails=True)
    assert f"cohorts.pilot: missing from the Okta group {GROUP}: {LEAD}" in said
    assert "run `pulumi up --refresh`" in said
    pilot.up("--refresh")
    assert LEAD in members(pilot)


def test_ten_mistakes_are_ten_lines_and_nothing_is_touched(pilot: World) -> None:
    with pilot.stack_file() as config:
        config["claude-code-rollout:organisation"] = {}
        config["claude-code-rollout:session_minutes"] = 720
        config["claude-code-rollout:organization"]["teams"]["backend"]["headcount"] = 0
        config["claude-code-rollout:okta"]["domain"] = "https://acme.okta.com/"
        config["claude-code-rollout:models"]["haiku"]["input"] = "cheap"
        config["claude-code-rollout:cohorts"]["Wave-2"] = {"level": "planned", "models": ["haiku"]}
        pilot_cohort = config["claude-code-rollout:cohorts"]["pilot"]
        pilot_cohort["level"] = "activ"
        pilot_cohort["models"] = ["sonnet", "gpt"]
        pilot_cohort["members"] = {LEAD: {"name": "Priya", "team": "bakend"}, "bob": {"name": "Bob", "team": "backend"}}
    pilot.forget_calls()
    for said in (pilot.up(fails=True), pilot.pulumi("preview", "--stack", "sandbox", fails=True)):
        assert "the stack file has 10 mistakes; nothing was touched:" in said
        for path in (
            "organisation",
            "session_minutes",
            "organization.teams.backend.headcount",
            "okta.domain",
            "models.haiku.input",
            "cohorts.Wave-2",
            "cohorts.pilot.level",
            "cohorts.pilot.models",
            f"cohorts.pilot.members.{LEAD}.team",
            "cohorts.pilot.members.bob",
        ):
            assert f"\n    {path}: " in said or f" {path}: " in said, path
    assert not [
        call
        for call in pilot.calls()
        if call.startswith(WRITES) or ("." in call and call.split(".")[-1].startswith(WRITES))
    ]


def test_a_wrong_row_of_a_roster_is_named_by_file_and_line(pilot: World) -> None:
    roster = pilot.folder / "rosters" / "pilot.csv"
    roster.write_text(
        roster.read_text(encoding="utf-8").replace(",platform,Senior Engineer,", ",plattform,Senior Engineer,", 1),
        encoding="utf-8",
    )
    said = pilot.pulumi("preview", "--stack", "sandbox", fails=True)
    line = next(n for n, text in enumerate(roster.read_text(encoding="utf-8").splitlines(), 1) if "plattform" in text)
    assert (
        f"rosters/pilot.csv:{line}: team: no such team in organization.teams: plattform; did you mean platform?" in said
    )


def test_a_cloud_that_does_not_answer_is_said_in_a_line(empty: World) -> None:
    server.stop(empty.settings)
    said = empty.pulumi("preview", "--stack", "sandbox", fails=True)
    assert "error: AWS does not answer; check its credentials and network: " in said


def test_a_cloud_that_does_not_answer_a_deployed_stack_is_named(pilot: World) -> None:
    """By our program, or by the engine: from 3.276 on it configures the providers in the state before the program."""
    server.stop(pilot.settings)
    said = pilot.pulumi("preview", "--stack", "sandbox", fails=True)
    assert "AWS does not answer" in said or "the AWS credentials could not be validated" in said
    assert f"{pilot.settings.aws_port}" in said


def test_a_stranger_is_named_before_anything_is_touched(pilot: World) -> None:
    add(pilot, "no.body@acme.example", "No Body", "backend")
    pilot.forget_calls()
    said = pilot.up(fails=True)
    assert "cohorts.pilot.members.no.body@acme.example: nobody in acme.okta.com has this e-mail address" in said
    assert not [call for call in pilot.calls() if call.startswith(WRITES)]


def test_two_hundred_members_are_looked_up_in_at_most_eight_calls(empty: World) -> None:
    rows = ["name,email,team"]
    for number in range(200):
        email = f"person{number}@acme.example"
        profile = {"login": email, "email": email, "firstName": "Person", "lastName": str(number)}
        empty.okta("/api/v1/users?activate=true", "POST", {"profile": profile})
        rows.append(f"Person {number},{email},backend")
    (empty.folder / "rosters" / "pilot.csv").write_text("\n".join(rows), encoding="utf-8")
    with empty.stack_file() as config:
        config["claude-code-rollout:organization"]["teams"]["backend"]["headcount"] = 500
    empty.forget_calls()
    empty.plan()
    assert len([call for call in empty.calls() if call.startswith("GET /api/v1/users") and "/me" not in call]) <= 8
    empty.up()
    assert len(members(empty)) == 200


@pytest.mark.parametrize("seconds", [0.5, 0.8, 1.1])
def test_a_change_of_members_that_was_killed_is_finished_by_the_next(pilot: World, seconds: float) -> None:
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"] |= {
            "roster": "rosters/wave2.csv",
            "members": {ALICE: {"name": "Alice Chen", "team": "backend"}},
        }
    command = [
        str(workspace.bin_folder(pilot.settings) / "pulumi"),
        "up",
        "--stack",
        "sandbox",
        "--yes",
        "--skip-preview",
    ]
    process = subprocess.Popen(
        [*command, "--non-interactive"],
        cwd=pilot.folder,
        env=workspace.full_environment(pilot.settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    pilot.pulumi("cancel", "sandbox", "--yes")
    pilot.up("--refresh")
    assert set(members(pilot)) == set(pilot.cohorts()["pilot"]["members"])
    assert len(members(pilot)) == 14
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
