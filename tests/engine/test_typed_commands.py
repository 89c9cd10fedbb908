"""What README and runbook say to type in the sandbox is typed as it stands, in order, and ends well."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import workspace
from tests.documentation.markdown import blocks
from tests.engine.world import World
from tests.stacks import PROJECT

ASKING = ("rollout add-cohort", "rollout import-roster", "rollout set-level")
# Has a test of its own, tests/engine/access/test_drill_in_earnest.py.
ELSEWHERE = ("rollout drill",)
TYPED = ("pulumi ", "rollout ", "sandbox ")


def lines(page: Path) -> Iterator[str]:
    """Each line of shell that is about the sandbox; `STACK` is what the runbook calls any."""
    for block in blocks("sh"):
        for line in block.text.splitlines() if block.page == page else ():
            said = line.replace("STACK", "sandbox")
            if said.startswith(TYPED) and "sandbox" in said and not said.startswith(ELSEWHERE):
                yield said.partition(" #")[0].rstrip() + (" --yes" if said.startswith(ASKING) else "")
            if " rolled_back " in said:  # one way back is not written after each way there
                yield "rollout set-level -s sandbox pilot active --yes"


@pytest.mark.sampled("page")
@pytest.mark.parametrize("page", ["README.md", "docs/runbook.md"])
def test_what_a_page_says_to_type_ends_well(pilot: World, page: str) -> None:
    typed = list(lines(PROJECT / page))
    assert len(typed) >= 5
    for line in typed:
        ended = subprocess.run(
            ["sh", "-c", line.replace("pulumi up", "pulumi up --yes")],
            cwd=pilot.folder,
            env=workspace.full_environment(pilot.settings),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        assert "Traceback" not in ended.stderr
