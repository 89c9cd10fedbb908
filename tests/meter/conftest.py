"""A meter whose AWS is moto's."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from moto import mock_aws

from functions import clients, follow_up, meter
from tests.meter.world import SETTINGS, World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Generator[World]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        clients.client.cache_clear()
        follow_up._queue_url.cache_clear()
        meter.profiles.cache_clear()
        made = World()
        monkeypatch.setattr(meter, "settings", lambda: SETTINGS)
        monkeypatch.setenv("DEAD_QUEUE_URL", made.dead_queue)
        yield made
