"""A collector's world for each test."""

from __future__ import annotations

import pytest

from tests.delivery import world as worlds
from tests.delivery.world import World


@pytest.fixture
def world(moto_aws: None, monkeypatch: pytest.MonkeyPatch) -> World:  # noqa: ARG001
    return worlds.made(monkeypatch)
