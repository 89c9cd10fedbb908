"""A sandbox as a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import server
from sandbox.settings import Settings
from sandbox.tests.ports import free_ports


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    found = Settings(home=tmp_path / "a home", **free_ports())
    yield found
    server.stop(found)
