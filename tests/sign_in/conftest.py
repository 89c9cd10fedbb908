"""A member's machine with a stand-in for okta-aws-cli."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sign_in.world import Machine, machine


@pytest.fixture
def mac(tmp_path: Path) -> Machine:
    return machine(tmp_path)
