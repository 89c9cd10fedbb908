"""Somebody whom `rollout cut` denies, and whom an edit by hand puts into another cohort: the update takes the Deny
along, and keeps it until somebody says otherwise."""

from __future__ import annotations

from rollout import names
from tests.engine.access.test_beside import denied
from tests.engine.access.test_cut import ROLE, typed
from tests.engine.access.test_levels import ALICE, BOB
from tests.engine.world import World

COHORTS = "claude-code-rollout:cohorts"
ROSTER = "rosters/pilot.csv"


def move_by_hand(world: World) -> None:
    """Both, and only Bob is cut."""
    roster = world.folder / ROSTER
    rows = roster.read_text(encoding="utf-8").splitlines(keepends=True)
    roster.write_text("".join(row for row in rows if ALICE not in row and BOB not in row), encoding="utf-8")
    with world.stack_file() as config:
        people = {BOB: {"name": "Bob Kim", "team": "backend"}, ALICE: {"name": "Alice Chen", "team": "backend"}}
        config[COHORTS]["wave2"] = {"level": "active", "models": ["haiku"], "members": people}


def test_a_hand_edit_gives_nothing_to_whom_a_cut_denies_until_set_level_gives_it_back(pilot: World) -> None:
    assert typed(pilot, "cut", BOB, "-s", "sandbox").returncode == 0
    move_by_hand(pilot)
    line = f"cohorts.wave2.members.{BOB}: denied in IAM by `rollout cut` on the role of pilot"
    assert line in pilot.pulumi("preview", "--stack", "sandbox")
    said = pilot.up(fails=True)
    assert line in said
    assert "denied there by name from this update on" in said

    profile = pilot.cohorts()["wave2"]["profile_arns"]["haiku"]
    sessions = {email: pilot.sign_in(email, "wave2") for email in (ALICE, BOB)}
    assert {email: denied(pilot, each, profile) for email, each in sessions.items()} == {ALICE: False, BOB: True}

    # The Deny does not rest on the other cohort's role any more.
    pilot.aws("iam").delete_role_policy(RoleName=ROLE, PolicyName=names.cut_policy(BOB))
    refused = pilot.up(fails=True)
    assert f"cohorts.wave2.members.{BOB}: the stack has it at suspended" in refused
    assert denied(pilot, sessions[BOB], profile)
    assert typed(pilot, "cut", BOB, "--cohort", "pilot").returncode == 0

    back = typed(pilot, "set-level", "-s", "sandbox", BOB, "active", "--yes")
    assert back.returncode == 0, back.stdout + back.stderr
    assert denied(pilot, sessions[BOB], profile), "a session from before it was given back"
    assert not denied(pilot, pilot.sign_in(BOB, "wave2"), profile)
    assert not [each for each in pilot.aws("iam").list_role_policies(RoleName=ROLE)["PolicyNames"] if "cut" in each]
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
