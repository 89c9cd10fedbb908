"""A machine with the guard and a repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guard.world import Machine, machine


@pytest.fixture
def mac(tmp_path: Path) -> Machine:
    return machine(tmp_path)
