"""The Macs of a cohort, by way of Jamf Pro: the right document at each level, and never in the way of a Deny."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.drill.macs import REMOVED, foreign, levels
from tests.engine import world as worlds
from tests.engine.world import World, cohort_urn
from tests.stacks import resumed_now

INCIDENT = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "A key was committed"}
ALICE = "alice.chen@acme.example"


@pytest.fixture
def fleet(onboarded_with_macs: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(onboarded_with_macs, tmp_path / "world")) as world:
        yield world


def on_macs(world: World) -> tuple[dict[str, int], set[str]]:
    pilot = world.cohorts()["pilot"]
    macs, profiles = world.jamf_control("/sandbox/macs"), pilot["profile_arns"]
    return dict(levels(macs, pilot["members"], profiles.get("haiku"))), foreign(macs, profiles.values())


def confirmed_by(world: World) -> dict[str, str]:
    """How the settings stand, by Mac, as the state has it."""
    [macs] = [each for each in world.state() if each["urn"].endswith("MacSettings::pilot-macs")]
    return macs["outputs"]["confirmed"]["pilot"]


def set_level(world: World, level: str) -> None:
    with world.stack_file() as config:
        cohort = config["claude-code-rollout:cohorts"]["pilot"]
        cohort |= {"level": level, "incident": INCIDENT}


def test_macs_follow_a_level_within_its_update_and_a_mac_that_is_off_delays_no_cut(fleet: World) -> None:
    assert on_macs(fleet) == ({"active": 25}, set())
    fleet.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    set_level(fleet, "restricted")
    fleet.up()
    assert on_macs(fleet) == ({"restricted": 25}, set())

    [alice] = [mac for mac in fleet.jamf_control("/sandbox/macs") if mac["email"] == ALICE]
    fleet.jamf_control(f"/sandbox/macs/{alice['serial']}", "PUT", {"online": False})
    with fleet.stack_file() as config:
        config["claude-code-rollout:jamf"]["removal_minutes"] = 0
    fleet.up()
    said = fleet.pulumi(
        "destroy", "--stack", "sandbox", "--target", cohort_urn("pilot"), "--target-dependents", "--yes"
    )
    assert said.index("pilot-access-invoke deleted") < said.index("pilot-macs-pilot-files deleted")
    assert re.search(r"removal of files .* is not confirmed by", said)
    macs = fleet.jamf_control("/sandbox/macs")
    people = [mac["email"] for mac in macs if mac["files"]]
    assert people == [ALICE]
    fleet.jamf_control(f"/sandbox/macs/{alice['serial']}", "PUT", {"online": True, "check_in": True})
    assert dict(levels(fleet.jamf_control("/sandbox/macs"), [ALICE], None)) == {REMOVED: 1}


AWAY = {"match": ".* /(JSSResource|api)/.*", "status": 503, "times": 1000}
LEAD = "priya.raman@acme.example"


def add_second_cohort(world: World) -> None:
    """Of somebody who has no Mac: what is declared of it in Jamf Pro never changes here."""
    with world.stack_file() as config:
        config["claude-code-rollout:jamf"]["no_mac"] = "warn"
        config["claude-code-rollout:cohorts"]["second"] = {
            "level": "active",
            "models": ["haiku"],
            "members": {LEAD: {"name": "Priya Raman", "team": "backend"}},
        }


def test_while_jamf_is_away_all_else_of_a_suspension_is_done_and_the_macs_are_what_is_left(fleet: World) -> None:
    add_second_cohort(fleet)
    fleet.up()
    fleet.jamf_control("/sandbox/faults", "POST", AWAY)
    set_level(fleet, "suspended")
    said = fleet.up(fails=True)

    assert "Jamf Pro does not answer; second-macs-second-macs is looked at later" in said
    assert "stop" in fleet.aws("iam").list_role_policies(RoleName="claude-code-pilot")["PolicyNames"]
    assert not fleet.group("aws_123456789012_claude-code-pilot")
    assert list(fleet.group("Claude-Code-Users")) == [LEAD]
    assert fleet.changes_of_level()[-1]["after"] == "suspended"
    names = sorted(mac["name"] for mac in fleet.jamf_control("/sandbox/macs"))
    line, *_ = [line for line in said.splitlines() if "settings are not changed yet" in line]
    told = {name for name in names if name in line}
    assert "cohorts.pilot: settings are not changed yet on Macs" in line
    assert "503" in line
    confirmed = confirmed_by(fleet)
    assert set(confirmed) == told
    assert set(confirmed.values()) == {"not sent"}

    # Nothing but Jamf Pro is left to do, and it is still to do while that stays away.
    left = fleet.up(fails=True)
    assert "settings are not changed yet" in left
    fleet.jamf_control("/sandbox/faults", "DELETE")
    assert on_macs(fleet) == ({"active": 25}, set())
    planned = fleet.plan("--refresh")
    assert {urn.rpartition("::")[2] for urn in planned} == {"pilot-macs-pilot-files"}
    fleet.up()
    assert on_macs(fleet) == ({"suspended": 25}, set())
    assert "not sent" not in confirmed_by(fleet).values()
    fleet.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


def test_what_could_not_be_made_while_jamf_was_away_is_made_by_the_next_update(fleet: World) -> None:
    """One person alone has a document of their own, which is not there before."""
    fleet.jamf_control("/sandbox/faults", "POST", AWAY)
    with fleet.stack_file() as config:
        pilot = config["claude-code-rollout:cohorts"]["pilot"]
        pilot.setdefault("members", {})[ALICE] = {"level": "suspended", "incident": INCIDENT}
    said = fleet.up(fails=True)
    assert f"settings are not changed yet on the Macs of {ALICE}: " in said
    assert ALICE not in fleet.group("aws_123456789012_claude-code-pilot")
    fleet.jamf_control("/sandbox/faults", "DELETE")
    fleet.up()
    assert on_macs(fleet) == ({"active": 24, "suspended": 1}, set())
    fleet.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
    with fleet.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"]["members"][ALICE] = {"sessions_valid_from": resumed_now()}
    fleet.up()
    # A Mac that checked in after its own document was removed, and before the other's came, has it at the next.
    [alice] = [mac for mac in fleet.jamf_control("/sandbox/macs") if mac["email"] == ALICE]
    fleet.jamf_control(f"/sandbox/macs/{alice['serial']}", "PUT", {"check_in": True})
    assert on_macs(fleet) == ({"active": 25}, set())
