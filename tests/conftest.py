"""Options and fixtures that all tests share."""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from moto import mock_aws

from functions import clients
from sandbox import workspace
from sandbox.tests.process import hear_interrupts, service_models_read_once
from sandbox.warm import COLLECT_SELDOM
from tests import sampling
from tests.engine import world as worlds
from tests.engine.world import World

__all__ = ["service_models_read_once"]


def pytest_configure(config: pytest.Config) -> None:
    hear_interrupts()
    gc.set_threshold(*COLLECT_SELDOM)
    sampling.read_option(config)
    for marker in sampling.MARKERS:
        config.addinivalue_line("markers", marker)


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
    sampling.add_option(parser)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    sampling.draw(config, items)


def pytest_report_header(config: pytest.Config) -> str | None:
    seed = config.getoption(sampling.OPTION)
    return (
        f"a sample of the tests that sweep, drawn by {seed}: `make test-all` runs all, `make test SAMPLE={seed}` the same"
        if seed
        else None
    )


@pytest.fixture
def moto_aws(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """AWS by moto in this process, empty, and no other in reach."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    # The sandbox's AWS has all policies that AWS itself manages; reading them is most of what a small test would take.
    monkeypatch.delenv("MOTO_IAM_LOAD_MANAGED_POLICIES", raising=False)
    with mock_aws():
        clients.client.cache_clear()
        yield
    clients.client.cache_clear()


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> World:
    """A stopped world that all of pytest-xdist's processes share; tests run copies of it."""
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder, made = root / name, root / f"{name}.made"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a process that failed at it
            make(folder)
            made.touch()
    return worlds.stopped(folder)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Stacks made, nothing deployed, stopped."""

    def make(folder: Path) -> None:
        with worlds.running(worlds.prepare(folder)) as world:
            workspace.stacks(world.settings, world.folder)

    return made_once(tmp_path_factory, "fresh", make)


@pytest.fixture(scope="session")
def onboarded(fresh: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sandbox stack deployed, stopped."""

    def make(folder: Path) -> None:
        with worlds.running(worlds.again(fresh, folder)) as world:
            world.up()
            world.settle()

    return made_once(tmp_path_factory, "onboarded", make)


@pytest.fixture(scope="session")
def onboarded_with_macs(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same with its Jamf Pro, stopped."""

    def make(folder: Path) -> None:
        with worlds.running(worlds.prepare(folder, macs=True)) as world:
            workspace.stacks(world.settings, world.folder)
            world.up()
            world.settle()

    return made_once(tmp_path_factory, "onboarded_with_macs", make)
