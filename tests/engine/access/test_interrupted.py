"""A change of level that is killed, or that meets clouds in trouble, is finished by the next update."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest

from sandbox import workspace
from tests.engine.access.test_levels import ALICE, GROUP, set_level
from tests.engine.world import World

LOG, MOMENTS = "/claude-code/pilot/usage", 20
# Tried in parts, so that they can run side by side; each has every level once.
LEVELS = ("suspended", "active", "suspended", "rolled_back")
PARTS = [range(first, first + len(LEVELS)) for first in range(0, MOMENTS, len(LEVELS))]
UMBRELLA = "Claude-Code-Users"


def begin(world: World) -> subprocess.Popen[bytes]:
    command = [str(workspace.bin_folder(world.settings) / "pulumi"), "up", "--stack", "sandbox", "--yes"]
    return subprocess.Popen(
        [*command, "--skip-preview", "--non-interactive"],
        cwd=world.folder,
        env=workspace.full_environment(world.settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_after(world: World, seconds: float) -> None:
    process = begin(world)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    world.pulumi("cancel", "sandbox", "--yes")


def finish(world: World) -> None:
    """The next update. Okta's plug-in takes "it is gone already" for an error where an assignment of an app was being
    deleted; only a refresh, which the runbook's command has, tells the engine."""
    ended_well, said = world.try_up()
    if not ended_well:
        assert "404 Not Found: " in said, said
        assert "(GroupAppAssignment)" in said, said
        world.up("--refresh")


def policies(world: World) -> list[str]:
    return sorted(world.aws("iam").list_role_policies(RoleName="claude-code-pilot")["PolicyNames"])


# Active after a suspension: sessions from before the resume stay dead.
POLICIES = {"active": ["invoke", "stop"], "suspended": ["stop"]}


def require_level(world: World, level: str) -> None:
    """What the level leaves in both clouds, and nothing besides."""
    world.settle()
    assert len(world.group(GROUP)) == len(world.group(UMBRELLA)) == (25 if level == "active" else 0)
    roles = {role["RoleName"] for role in world.aws("iam").list_roles()["Roles"]}
    assert ("claude-code-pilot" in roles) == (level in POLICIES)
    if level in POLICIES:
        assert policies(world) == POLICIES[level]
    assert len(world.profiles()) == (3 if level in POLICIES else 0)
    world.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


@pytest.mark.sampled("moments")
@pytest.mark.parametrize("moments", PARTS, ids=str)
def test_a_change_of_level_killed_at_twenty_moments_is_finished_by_the_next_update(
    pilot: World, moments: range
) -> None:
    logs = pilot.aws("logs")
    logs.create_log_stream(logGroupName=LOG, logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "before"}
    logs.put_log_events(logGroupName=LOG, logStreamName="s", logEvents=[event])
    began = time.monotonic()
    set_level(pilot, "suspended")
    pilot.up()
    whole = time.monotonic() - began
    set_level(pilot, "active")
    pilot.up()
    told = [("planned", "active"), ("active", "suspended"), ("suspended", "active")]
    for moment, level in zip(moments, LEVELS, strict=True):
        set_level(pilot, level)
        kill_after(pilot, whole * (moment + 1) / (MOMENTS + 1))
        finish(pilot)
        require_level(pilot, level)
        told.append((told[-1][1], level))
        if level == "rolled_back":
            set_level(pilot, "active")
            pilot.up()
            told.append((level, "active"))
    assert [(change["before"], change["after"]) for change in pilot.changes_of_level()] == told
    webhooks = [notice for notice in pilot.aws_control("/sandbox/notices") if notice["by"] == "webhook"]
    assert [(each["body"]["before"], each["body"]["after"]) for each in webhooks] == told[1:]
    found = logs.get_log_events(logGroupName=LOG, logStreamName="s")["events"]
    assert [each["message"] for each in found] == ["before"]


@pytest.mark.sampled("status")
@pytest.mark.parametrize("status", [429, 500])
def test_clouds_that_fail_one_call_in_ten_delay_a_change_of_level_but_never_garble_it(
    pilot: World, status: int
) -> None:
    headers = {"Retry-After": "1", "X-Rate-Limit-Reset": "1"} if status == 429 else {}
    fault = {"match": ".*", "status": status, "every": 10, "headers": headers}
    for level in ("suspended", "active"):
        set_level(pilot, level)
        for control in (pilot.okta, pilot.aws_control):
            control("/sandbox/faults", "POST", fault)
        ended_well, said = pilot.try_up()
        assert ended_well or "error: " in said
        for control in (pilot.okta, pilot.aws_control):
            control("/sandbox/faults", "DELETE")
        if not ended_well:
            pilot.up("--refresh")
        require_level(pilot, level)
        if level == "active":
            assert pilot.sign_in(ALICE, "pilot")
