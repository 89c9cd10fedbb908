"""What `rollout set-level` previews is what it would write, while the file is still as it was."""

from __future__ import annotations

from sandbox import workspace
from tests.engine.world import STACK, World
from tests.terminal import asked

INCIDENT = ("--incident", "INC-7", "--reason", "A key was committed")


def test_a_preview_shows_the_new_level_and_touches_nothing(pilot: World) -> None:
    before = pilot.stack_text()
    command = ["set-level", "pilot", "suspended", "--stack", STACK, *INCIDENT]
    with asked(command, pilot.folder, workspace.full_environment(pilot.settings)) as question:
        assert "aws:iam:RolePolicy pilot-access-stop create" in question.said
        assert pilot.stack_text() == before
        code, said = question.answer("n")
    assert (code, said) == (1, "rollout: nothing was changed\n")
    assert pilot.stack_text() == before
    pilot.pulumi("preview", "--stack", STACK, "--expect-no-changes")
