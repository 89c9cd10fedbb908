"""The real client, on a laptop of a member of the deployed pilot cohort."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.client import attacks_page, laptop
from tests.client.attacks_page import Seen
from tests.client.deployed import Deployed, deployed_pilot
from tests.client.installed import Client, claudes_or_skip
from tests.client.laptop import Laptop
from tests.engine import world as worlds
from tests.engine.world import World

ALICE = "alice.chen@acme.example"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engine)
            if not item.get_closest_marker("sampled"):
                item.add_marker(pytest.mark.sampled("client"))


@pytest.fixture(scope="session")
def claudes() -> dict[Client, Path]:
    """Skipped where they cannot be had; the run's last lines say so."""
    return claudes_or_skip("CLAUDE CODE DID NOT JUDGE OUR SETTINGS")


@pytest.fixture(params=list(Client), ids=str)
def client(request: pytest.FixtureRequest) -> Client:
    """Each test runs with both; `pytest -k newest` or `-k floor` takes one."""
    return request.param


@pytest.fixture(scope="session")
def pilot(
    claudes: dict[Client, Path],  # noqa: ARG001 - nothing is deployed for nobody
    onboarded: World,
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Deployed]:
    """Running, for tests that change nothing of it and both clients; its profiles and what its members paste."""
    with worlds.running(worlds.again(onboarded, tmp_path_factory.mktemp("client") / "world")) as world:
        yield deployed_pilot(world)


@pytest.fixture(scope="session")
def seen() -> Generator[Seen]:
    """What came of each attack; with ATTACKS_PAGE_WRITE set, docs/macs.md says so afterwards."""
    found: Seen = {}
    yield found
    if os.environ.get("ATTACKS_PAGE_WRITE"):
        attacks_page.write(found)


@pytest.fixture(scope="session")
def etc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laptop.copy_of_etc(tmp_path_factory.mktemp("cell") / "etc")


@pytest.fixture
def alice(pilot: Deployed, claudes: dict[Client, Path], client: Client, etc: Path) -> Generator[Laptop]:
    """Alice's, with nothing of ours on it yet but her way to sign in."""
    with tempfile.TemporaryDirectory(prefix="laptop") as folder:
        yield Laptop(folder=Path(folder), etc=etc, world=pilot.world, claude=claudes[client], login=ALICE)
