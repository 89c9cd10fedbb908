"""Options and fixtures that all tests share."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Generator

import pytest
from moto import mock_aws

from functions import clients
from sandbox import workspace
from tests.engine import world as worlds
from tests.engine.world import World


def pytest_configure() -> None:
    """A shell has what it starts in the background ignore Ctrl-C, and so would all that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    """What was not tested is the last thing that is said, in red."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not isinstance(reporter, pytest.TerminalReporter):  # a process that another one reports for
        return
    skipped = [report.longrepr for report in reporter.stats.get("skipped", [])]
    for reason, count in Counter(where[2] for where in skipped if isinstance(where, tuple)).items():
        reporter.write_line(f"{count} not run: {reason.removeprefix('Skipped: ')}", red=True, bold=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden-write", action="store_true", help="write the golden files anew")


@pytest.fixture
def moto_aws(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """AWS by moto in this process, empty, and no other in reach."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        clients.client.cache_clear()
        yield
    clients.client.cache_clear()


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
