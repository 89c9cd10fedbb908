"""`rollout set-level`: in force in IAM before anything else is asked, one operator at a time, and never `verified` of
something that nobody asked for."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cli.live.emergency import RoleState, role_state
from rollout.stack_file.load import PROJECT as CONFIG
from sandbox import workspace
from tests.engine.world import STACK, World
from tests.stacks import PROJECT
from tests.terminal import asked, typed

ALICE, NOOR = "alice.chen@acme.example", "noor.haddad@acme.example"
SECONDS = 900


def incident(number: int) -> tuple[str, ...]:
    return ("--incident", f"INC-{number}", "--reason", "A key was committed")


def iam(world: World) -> RoleState:
    return role_state(world.aws, "pilot")


def started(world: World, *words: str, **how: Any) -> subprocess.Popen[Any]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *words],
        cwd=world.folder,
        env={**workspace.full_environment(world.settings), "PYTHONPATH": str(PROJECT)},
        **how,
    )


def members(world: World) -> dict[str, Any]:
    with world.stack_file() as config:
        return dict(config[f"{CONFIG}:cohorts"]["pilot"].get("members") or {})


def test_the_deny_comes_before_the_preview_and_stays_when_the_update_is_not_wanted(pilot: World) -> None:
    before = pilot.stack_text()
    command = ["set-level", "pilot", "suspended", "--stack", STACK, *incident(7)]
    with asked(command, pilot.folder, workspace.full_environment(pilot.settings)) as first:
        assert first.said.endswith("Deny everything to cohort pilot in IAM now, and bring it to suspended? [y/N] ")
        assert iam(pilot).emergencies == ()
        question = first.next("y")
        assert question.said.index("in force in IAM since ") < question.said.index("pilot-access-stop create")
        assert question.said.endswith("Write Pulumi.sandbox.yaml and update? [y/N] ")
        assert iam(pilot).cut
        assert pilot.stack_text() == before
        code, said = question.answer("n")
    assert code == 1
    assert "everything is denied to cohort pilot, and stays denied" in said
    assert "`rollout set-level -s sandbox pilot active`" in said
    assert said.endswith("rollout: nothing was changed\n")
    assert (pilot.stack_text(), iam(pilot).suspended) == (before, False)
    assert iam(pilot).cut

    ended = pilot.command("set-level", "pilot", "active", "--stack", STACK, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "lifted in IAM: the emergency Deny on cohort pilot; active is verified" in ended.stdout
    assert iam(pilot).emergencies == ()
    assert "sessions_valid_from:" in pilot.stack_text(), "sessions from the time of the cut stay dead"
    assert iam(pilot).older_sessions_before


def test_the_emergency_deny_goes_when_iam_holds_the_stack_files_own(pilot: World) -> None:
    ended = pilot.command("set-level", ALICE, "suspended", "--stack", STACK, *incident(7), "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = ended.stdout
    assert said.startswith(f"{ALICE} is in pilot\nin force in IAM since ")
    assert f"lifted in IAM: the emergency Deny on {ALICE}; IAM holds the stack file's own" in said
    assert said.index("lifted in IAM") < said.index("verified: ")
    state = iam(pilot)
    assert (state.emergencies, state.denied_names) == ((), frozenset({ALICE}))


def test_two_who_cut_two_people_at_once_cut_both(pilot: World) -> None:
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    line = ("set-level", "-s", STACK, "pilot", "suspended", "--yes")
    both = [started(pilot, *line, "--member", who, *incident(n), **how) for n, who in ((10, ALICE), (11, NOOR))]
    with ThreadPoolExecutor() as threads:
        said = list(threads.map(lambda each: each.communicate(timeout=SECONDS)[0].decode(), both))
    assert [each.returncode for each in both] == [0, 0], "\n\n".join(said)
    assert sum("waiting for " in text for text in said) == 1
    assert all("verified: " in text for text in said)
    assert iam(pilot).denied_names == {ALICE, NOOR}
    assert {who: entry["level"] for who, entry in members(pilot).items()} == {ALICE: "suspended", NOOR: "suspended"}


def test_ctrl_c_at_a_terminal_stops_in_the_documented_words_with_the_deny_in_force(pilot: World) -> None:
    line = ["set-level", "-s", STACK, "pilot", "suspended", "--yes", *incident(7)]
    with typed(line, pilot.folder, workspace.full_environment(pilot.settings)) as command:
        command.until("Updating (")
        time.sleep(2)
        code, said = command.ctrl_c()
    assert code == 130, said
    assert "stopped: Pulumi.sandbox.yaml says suspended, and of the update is done what the engine printed" in said
    assert "and stays denied" in said
    assert iam(pilot).cut
    ended = pilot.command("set-level", "pilot", "suspended", "--stack", STACK, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert (iam(pilot).suspended, iam(pilot).cut) == (True, None)
