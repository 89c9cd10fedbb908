"""The small stack file with changes, what is read of it, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}


def loaded(document: dict[str, Any]) -> Rollout:
    return load(stacks.config(document), stacks.COMPANY, NOW)


def mistakes(document: dict[str, Any]) -> list[str]:
    with pytest.raises(StackFileError) as caught:
        loaded(document)
    return caught.value.lines


def changed(value: object, *path: str) -> dict[str, Any]:
    """The small stack file with one value put at a path."""
    document = stacks.small()
    place = document
    for key in path[:-1]:
        place = place.setdefault(key, {})
    place[path[-1]] = value
    return document
