"""A meter whose AWS is moto's."""

from __future__ import annotations

import pytest
from moto.iam.responses import IamResponse

from functions import beside, budget_actions, canary, canary_lease, meter
from functions.counting import shards
from sandbox.aws.iam import Iam
from tests.meter.canary_world import Pilot
from tests.meter.people import Throttled
from tests.meter.world import SETTINGS, World


@pytest.fixture
def world(moto_aws: None, monkeypatch: pytest.MonkeyPatch) -> World:  # noqa: ARG001
    budget_actions._queue_url.cache_clear()
    shards.memory.cache_clear()
    meter.profiles.cache_clear()
    beside.memory.cache_clear()
    made = World()
    monkeypatch.setattr(meter, "settings", lambda: SETTINGS)
    monkeypatch.setenv("DEAD_QUEUE_URL", made.dead_queue)
    return made


@pytest.fixture
def throttled(world: World, monkeypatch: pytest.MonkeyPatch) -> Throttled:  # noqa: ARG001  its AWS
    return Throttled(monkeypatch)


@pytest.fixture
def pilot(world: World, monkeypatch: pytest.MonkeyPatch) -> Pilot:
    for name in ("simulate_principal_policy", "_check"):
        monkeypatch.setattr(IamResponse, name, getattr(Iam, name), raising=False)
    monkeypatch.setattr(canary, "SPREADING", 0.3)
    monkeypatch.setattr(canary_lease, "PATIENCE", 0.5)
    return Pilot(world, monkeypatch)
