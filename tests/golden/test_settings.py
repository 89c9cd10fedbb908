"""The managed settings of each committed stack file, at each level, as files to review.

Profile ARNs are not known before they are made: here each has its label for an id.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rollout.levels import Level
from rollout.macs.forms import as_json, as_mobileconfig
from rollout.macs.model import model_mistakes
from rollout.macs.settings import managed_settings, recipients
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

FOLDER = Path(__file__).parent / "settings"


def rollout(stack: str) -> Rollout:
    return load(stacks.committed(stack), stacks.COMPANY, datetime(2026, 11, 23, tzinfo=UTC))


def files(stack: str) -> dict[str, str]:
    """By name. Each cohort's documents at every level, whichever it is at."""
    found: dict[str, str] = {}
    held = rollout(stack)
    region = stacks.content(stack)["aws:region"]
    for name, cohort in held.declared.items():
        arns = {
            label: f"arn:aws:bedrock:{region}:123456789012:application-inference-profile/{name}{label}"
            for label in cohort.models
        }
        for to in recipients(held, name):
            for level in Level:
                made = managed_settings(held, replace(to, level=level), arns)
                if made is None:
                    continue
                assert model_mistakes(made) == []
                found[f"{stack}-{to.name}-{level}.json"] = as_json(made)
                if level is Level.ACTIVE:
                    profile = as_mobileconfig(made, held.organization.name, to.name)
                    found[f"{stack}-{to.name}-{level}.mobileconfig"] = profile.decode()
    return found


@pytest.mark.parametrize("stack", stacks.COMMITTED)
def test_the_managed_settings_of_a_stack_file_are_those_that_were_reviewed(
    stack: str, request: pytest.FixtureRequest
) -> None:
    made = files(stack)
    there = {file.name: file for file in FOLDER.glob(f"{stack}-*")}
    if request.config.getoption("--golden-write"):
        for name in there.keys() - made.keys():
            there[name].unlink()
        for name, text in made.items():
            (FOLDER / name).write_text(text, encoding="utf-8")
        there = {name: FOLDER / name for name in made}
    assert made
    assert {name: file.read_text(encoding="utf-8") for name, file in there.items()} == made, (
        "run `make golden`, review the difference, and commit it"
    )
