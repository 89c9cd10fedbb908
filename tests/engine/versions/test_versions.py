"""A stack that a released version deployed, before the program as it is now: nothing happens that nobody explained.

A folder for each version: its sandbox stack's state, exported and without paths of a machine, with the stack file and
the roster that it was made from. `docs/upgrading.md` says how one is added at a release.
"""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from tests.engine.world import STACK, World

HERE = Path(__file__).parent
# Lambda functions change with each version: their archives are its code.
CODE = "aws:lambda/function:Function"
# What else a version's stack sees at its next update, by name, and CHANGELOG.md's reason.
EXPLAINED = {
    "0.1.0": {
        "pilot-announcement-access": "create",  # members are told of access; whoever has it already is told nothing
        # Secrets carry their stack's tag.
        **dict.fromkeys(
            ("announcer-slack-bot-token", "announcer-webhook-signing-key", "delivery-token", "github-webhook-secret"),
            "update",
        ),
        # One dashboard shows any cohort.
        "dashboards-pilot": "delete",
        "dashboards-one-cohort": "create",
        "dashboards-fleet": "update",
        "pilot-macs-pilot-files": "update",  # the commit guard's files
        # Of the sandbox alone: its SQS wrote the redrive policy with blanks, which AWS does not.
        "announcer-queue": "update",
    },
}


def test_each_kept_version_is_tried() -> None:
    assert {folder.name for folder in HERE.iterdir() if folder.is_dir() and folder.name[0].isdecimal()} == set(
        EXPLAINED
    )


@pytest.mark.parametrize("version", sorted(EXPLAINED))
def test_what_a_released_versions_stack_sees_is_explained(empty: World, version: str, tmp_path: Path) -> None:
    for file in ("Pulumi.sandbox.yaml", "rosters/pilot.csv"):
        shutil.copy(HERE / version / file, empty.folder / file)
    state = tmp_path / "state.json"
    state.write_bytes(gzip.decompress((HERE / version / "state.json.gz").read_bytes()))
    empty.pulumi("stack", "import", "--stack", STACK, "--file", str(state))
    plan = empty.plan()
    code = {urn for urn in plan if f"${CODE}::" in urn or f"::{CODE}::" in urn}
    assert {plan[urn] for urn in code} <= {"update"}
    others = {urn.rpartition("::")[2]: operation for urn, operation in plan.items() if urn not in code}
    others.pop(f"claude-code-rollout-{STACK}", None)  # outputs alone
    assert others == EXPLAINED[version]
