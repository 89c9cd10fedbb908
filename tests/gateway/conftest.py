"""A deployed stack behind a gateway, made once, and a gateway that runs with its file."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.client.installed import Client, claudes_or_skip
from tests.conftest import made_once
from tests.engine import world as worlds
from tests.engine.world import World
from tests.gateway import deployed, internet, postgres, running
from tests.gateway.deployed import URL, Files
from tests.gateway.internet import Internet
from tests.gateway.person import Person
from tests.gateway.running import Running

OKTA = "acme.okta.com"
AWS = ("sts.us-east-1.amazonaws.com", "bedrock-runtime.us-east-1.amazonaws.com")
STOPS = {"user_daily_usd": 20, "team_daily_usd": 300, "monthly_usd": 32000, "alert_at": 0.8, "user_daily_stop_usd": 40}


@pytest.fixture(scope="session")
def claude() -> Path:
    return claudes_or_skip("CLAUDE GATEWAY DID NOT JUDGE OUR FILE")[Client.NEWEST]


@pytest.fixture(scope="session")
def database() -> Generator[postgres.Server]:
    """Skipped where this machine has no PostgreSQL, which is nothing that the project's own files could install."""
    try:
        with postgres.running() as server:
            yield server
    except postgres.MissingError as error:
        pytest.skip(f"CLAUDE GATEWAY DID NOT JUDGE OUR FILE: {error}")


@dataclass(frozen=True)
class Company:
    """The world behind a gateway, what a gateway finds set there, and the one way to it."""

    world: World
    folder: Path
    claude: Path
    environment: dict[str, str]
    internet: Internet

    def files(self) -> Files:
        return deployed.emitted(self.world, self.folder / "files")

    @contextmanager
    def gateway(self, text: str) -> Generator[Running]:
        """Running with this file, and reached at the address that people know."""
        with running.running(self.claude, self.folder, text, self.environment) as found:
            self.internet.hosts["claude.acme.example"] = found.port
            yield found

    def person(self, email: str) -> Person:
        return Person(email, URL, self.internet)


Opened = Callable[[World], AbstractContextManager[Company]]


@pytest.fixture(scope="session")
def opened(claude: Path, database: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A company for a world that runs."""

    @contextmanager
    def opening(world: World) -> Generator[Company]:
        folder = tmp_path_factory.mktemp("gateway")
        hosts = {OKTA: world.settings.okta_port, **dict.fromkeys(AWS, world.settings.aws_port)}
        with internet.running(folder, hosts) as way_out:
            secret = deployed.groups_claim(world)
            found = running.environment(
                folder, postgres=database.database(), secret=secret, way_out=way_out.environment
            )
            yield Company(world, folder, claude, {**found, **deployed.task_credentials(world)}, way_out)

    return opening


@pytest.fixture(scope="session")
def behind(onboarded: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The pilot and a second cohort behind a gateway, stopped."""

    def make(folder: Path) -> None:
        with worlds.running(worlds.again(onboarded, folder)) as world:
            deployed.gateways_role(world)
            deployed.behind_a_gateway(world, budgets=STOPS)
            world.up()
            world.settle()

    return made_once(tmp_path_factory, "behind_a_gateway", make)


@pytest.fixture
def company(behind: World, opened: Opened, tmp_path: Path) -> Generator[Company]:
    with worlds.running(worlds.again(behind, tmp_path / "world")) as world, opened(world) as found:
        yield found


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and "company" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
