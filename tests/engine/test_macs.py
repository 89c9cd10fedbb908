"""The Macs of a cohort, by way of Jamf Pro: the right document at each level, and never in the way of a Deny."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox import workspace
from tests.drill.macs import REMOVED, foreign, levels
from tests.engine import world as worlds
from tests.engine.world import World, cohort_urn

INCIDENT = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "A key was committed"}
ALICE = "alice.chen@acme.example"


@pytest.fixture
def fleet(tmp_path: Path) -> Generator[World]:
    """The sandbox's stack with its Jamf Pro, deployed."""
    world = worlds.prepare(tmp_path / "world", macs=True)
    with worlds.running(world):
        workspace.stacks(world.settings, world.folder)
        world.up()
        yield world


def on_macs(world: World) -> tuple[dict[str, int], set[str]]:
    pilot = world.output("cohorts")["pilot"]
    macs, profiles = world.jamf_control("/sandbox/macs"), pilot["profile_arns"]
    return dict(levels(macs, pilot["members"], profiles.get("haiku"))), foreign(macs, profiles.values())


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


def test_while_jamf_does_not_answer_a_suspension_is_in_force_all_the_same(fleet: World) -> None:
    fault = {"match": ".* /(JSSResource|api)/.*", "status": 503, "times": 1000}
    fleet.jamf_control("/sandbox/faults", "POST", fault)
    set_level(fleet, "suspended")
    said = fleet.up(fails=True)
    assert "503" in said
    roles = fleet.aws("iam")
    assert "stop" in roles.list_role_policies(RoleName="claude-code-pilot")["PolicyNames"]
    assert not fleet.group("aws_123456789012_claude-code-pilot")
    fleet.jamf_control("/sandbox/faults", "DELETE")
    fleet.up()
    assert on_macs(fleet) == ({"suspended": 25}, set())
