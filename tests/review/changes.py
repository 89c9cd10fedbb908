"""The small stack file, changed: what reviews are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

INCIDENT = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "a key was committed"}
ALICE, GRACE = "alice.chen@acme.example", "grace.liu@acme.example"
Document = dict[str, Any]


def changed(*changes: Callable[[Document], object]) -> Rollout:
    document = stacks.small()
    for change in changes:
        change(document)
    return load(stacks.config(document), stacks.COMPANY, datetime.now(UTC))


def pilot(**fields: Any) -> Callable[[Document], None]:
    return lambda document: document["cohorts"]["pilot"].update(fields)


def alice(**fields: Any) -> Callable[[Document], None]:
    return lambda document: document["cohorts"]["pilot"]["members"][ALICE].update(fields)
