"""What takes a cohort when nothing else will wait."""

from __future__ import annotations

import subprocess
import sys

from sandbox import workspace
from tests.engine.test_levels import set_level
from tests.engine.world import LOG_GROUPS, World
from tests.stacks import PROJECT


def break_glass(world: World, *more: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "cli", "break-glass", "--stack", "sandbox", "--cohort", "pilot", *more]
    environment = {**workspace.full_environment(world.settings), "PYTHONPATH": str(PROJECT)}
    result = subprocess.run(
        command, cwd=world.folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert "Traceback" not in result.stderr
    return result.returncode, result.stdout + result.stderr


def test_breaking_the_glass_asks_for_the_level_first_and_may_be_repeated(pilot: World) -> None:
    code, said = break_glass(pilot)
    assert code == 1
    assert "the stack file has pilot at active, so the next `pulumi up` would give its access back" in said
    assert pilot.profiles()
    set_level(pilot, "rolled_back")
    code, said = break_glass(pilot)
    assert code == 0, said
    assert pilot.profiles() == set()
    assert "claude-code-pilot" not in {role["RoleName"] for role in pilot.aws("iam").list_roles()["Roles"]}
    assert set(pilot.log_groups()) == set(LOG_GROUPS)
    assert break_glass(pilot) == (0, "pilot is gone already: nothing of it is in stack sandbox\n")
    code, said = break_glass(pilot, "--cohort", "pilto")
    assert code == 1
    assert "neither in stack sandbox nor in its file, and nothing was taken; did you mean pilot?" in said
    set_level(pilot, "active")
    pilot.up()
    assert pilot.sign_in("alice.chen@acme.example", "pilot")


def test_the_glass_breaks_whatever_the_file_says_when_told_to(pilot: World) -> None:
    pilot.forget_calls()
    code, said = break_glass(pilot, "--whatever-the-file-says")
    assert code == 0, said
    calls = pilot.calls()
    assert calls.index("DeleteRolePolicy") < next(n for n, call in enumerate(calls) if call.startswith("DELETE /api"))
    assert pilot.group("Claude-Code-Users") == {}
