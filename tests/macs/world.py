"""A rollout and the documents of its people, as the real program makes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from rollout.levels import Level
from rollout.macs.places import Platform
from rollout.macs.settings import Recipients, managed_settings, recipients, whole_cohort
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
ALICE = "alice.chen@acme.example"
GRACE = "grace.liu@acme.example"
# Levels at which a machine has a document, the mildest first.
SET = tuple(level for level in Level if level.effects.role)


def rollout(pilot: dict[str, Any] | None = None, **changes: Any) -> Rollout:
    """The small stack file, changed; `pilot`: what its cohort says besides."""
    document = {**stacks.small(), **changes}
    document["cohorts"]["pilot"].update(pilot or {})
    return load(stacks.config(document), stacks.COMPANY, NOW)


def arn(label: str) -> str:
    return f"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{label}"


def arns(stack: Rollout) -> dict[str, str]:
    return {label: arn(label) for label in stack.models}


def found(stack: Rollout, name: str = "pilot") -> Recipients:
    [one] = [to for to in recipients(stack, "pilot") if to.name == name]
    return one


def document(stack: Rollout, level: Level | None = None, platform: Platform = Platform.MACOS) -> dict[str, Any]:
    """Of the cohort as a whole, at its own level or at another."""
    whole = whole_cohort(stack, "pilot")
    made = managed_settings(stack, replace(whole, level=level or whole.level), arns(stack), platform)
    assert made
    return made
