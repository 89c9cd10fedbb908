"""What the small stack registers, at a level of its cohort, and what a member pastes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cli.live import signing_in
from rollout.stack_file.load import load
from tests import recording, stacks
from tests.registrations import Recorded

COHORT = "claude:rollout:Cohort"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}


def recorded(document: dict[str, Any], **how: Any) -> Recorded:
    return recording.run(stacks.config(document), **how)


def with_level(level: str) -> dict[str, Any]:
    document = stacks.small()
    document["cohorts"]["pilot"].update(level=level, incident=INCIDENT)
    return document


def pasted(config: dict[str, str], run: Recorded) -> Mapping[str, Any]:
    """What a member of the pilot pastes, by what the program put out."""
    rollout = load(config, stacks.COMPANY, datetime.now(UTC))
    return signing_in.pasted(rollout, "pilot", {**run.outputs, "cohorts": run.cohorts})
