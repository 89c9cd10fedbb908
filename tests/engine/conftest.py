"""A copy of the deployed world for each test that changes something."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.engine import world as worlds
from tests.engine.world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture
def empty(fresh: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(fresh, tmp_path / "world")) as world:
        yield world


@pytest.fixture
def pilot(onboarded: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(onboarded, tmp_path / "world")) as world:
        yield world
