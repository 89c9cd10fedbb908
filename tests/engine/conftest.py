"""One deployed world for tests that only look, and a copy of it for each test that changes something."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox import workspace
from tests.engine import world as worlds
from tests.engine.world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Stacks made, nothing deployed, stopped."""
    world = worlds.prepare(tmp_path_factory.mktemp("fresh"))
    with worlds.running(world):
        workspace.stacks(world.settings, world.folder)
    return world


@pytest.fixture(scope="session")
def onboarded(fresh: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sandbox stack deployed, stopped."""
    world = worlds.again(fresh, tmp_path_factory.mktemp("onboarded") / "world")
    with worlds.running(world):
        world.up()
        world.settle()
    return world


@pytest.fixture
def empty(fresh: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(fresh, tmp_path / "world")) as world:
        yield world


@pytest.fixture
def pilot(onboarded: World, tmp_path: Path) -> Generator[World]:
    with worlds.running(worlds.again(onboarded, tmp_path / "world")) as world:
        yield world
