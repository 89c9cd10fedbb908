"""What takes a cohort when nothing else will wait: first by AWS alone, then by the engine."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.engine import world as worlds
from tests.engine.access.test_cut import AWAY, ROLE, asks_a_model, inline, jamf_fails, lock, typed
from tests.engine.access.test_levels import ALICE, set_level
from tests.engine.world import LOG_GROUPS, World


@pytest.fixture
def macs(onboarded_with_macs: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(onboarded_with_macs, tmp_path / "world")) as world:
        yield world


def break_glass(world: World, *more: str, away: str = "") -> subprocess.CompletedProcess[str]:
    command = ("break-glass", "--stack", "sandbox", "--cohort", "pilot", *more)
    return typed(world, *command, variables=AWAY.get(away))


def roles(world: World) -> set[str]:
    return {role["RoleName"] for role in world.aws("iam").list_roles()["Roles"]}


def test_breaking_the_glass_denies_first_then_asks_for_the_level_and_may_be_repeated(pilot: World) -> None:
    session = pilot.sign_in(ALICE, "pilot")
    ended = break_glass(pilot, "--yes")
    assert ended.returncode == 3
    assert ended.stdout.startswith("in force in IAM since ")
    assert "the stack file has pilot at active, so the next `pulumi up` would give its access back" in ended.stdout
    assert pilot.profiles()
    assert not asks_a_model(pilot, session)
    set_level(pilot, "rolled_back")
    ended = break_glass(pilot)
    assert ended.returncode == 3
    assert "nobody is here to ask; add --yes" in ended.stdout
    ended = break_glass(pilot, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "Outputs:" not in ended.stdout
    assert pilot.profiles() == set()
    assert ROLE not in roles(pilot)
    assert set(pilot.log_groups()) == set(LOG_GROUPS)
    ended = break_glass(pilot)
    assert (ended.returncode, ended.stdout) == (0, "pilot is gone already: nothing of it is in stack sandbox\n")
    ended = break_glass(pilot, "--cohort", "pilto")
    assert ended.returncode == 1
    assert "neither in stack sandbox nor in its file, and nothing was taken; did you mean pilot?" in ended.stderr
    set_level(pilot, "active")
    pilot.up()
    assert pilot.sign_in(ALICE, "pilot")


def test_the_glass_breaks_whatever_the_file_says_when_told_to(pilot: World) -> None:
    pilot.forget_calls()
    ended = break_glass(pilot, "--whatever-the-file-says", "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    calls = pilot.calls()
    okta = next(n for n, call in enumerate(calls) if call.startswith("DELETE /api"))
    assert calls.index("PutRolePolicy") < calls.index("DeleteRolePolicy") < okta
    assert pilot.group("Claude-Code-Users") == {}


@pytest.mark.sampled("away", keep=2)
@pytest.mark.parametrize("away", [*AWAY, "the state is locked"])
def test_whatever_is_away_the_deny_is_in_force_and_a_repeat_finishes(pilot: World, away: str) -> None:
    session = pilot.sign_in(ALICE, "pilot")
    set_level(pilot, "rolled_back")
    if away.endswith("locked"):
        lock(pilot)
    ended = break_glass(pilot, "--yes", away=away)
    assert ended.returncode == 3, ended.stdout + ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("in force in IAM since ")
    assert lines[-1] == lines[0]
    assert not asks_a_model(pilot, session)
    assert inline(pilot) == {"invoke", "cut"}
    if away.startswith("Okta") or away.endswith("locked"):
        left = "NOT done, still in stack sandbox: its role, 3 inference profiles, people in Okta's groups"
        assert left in lines
    else:
        assert "not known: what is still there, since the engine's state cannot be read" in lines
    assert "repeat the same command once that is out of the way: it finishes what is not done" in lines
    if away.endswith("locked"):
        pilot.pulumi("cancel", "sandbox", "--yes")
    ended = break_glass(pilot, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ROLE not in roles(pilot)


def test_a_jamf_pro_that_is_away_keeps_no_deny_from_being_in_force(macs: World) -> None:
    set_level(macs, "rolled_back")
    session = macs.sign_in(ALICE, "pilot")
    jamf_fails(macs)
    ended = break_glass(macs, "--yes")
    assert not asks_a_model(macs, session)
    assert ended.returncode == 3, ended.stdout
    assert "the files of its Macs" in ended.stdout
    macs.jamf_control("/sandbox/faults", "DELETE")
    ended = break_glass(macs, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr
