"""The plug-in of AWS's stand-in, with a cloud beneath it and without; a file that wants another has its own."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.tests.cloud_harness import Cloud, plugged, unplugged
from sandbox.tests.plugins.plugin_harness import Engine
from sandbox.tests.process import hear_interrupts, service_models_read_once

__all__ = ["service_models_read_once"]


def pytest_configure() -> None:
    hear_interrupts()


@pytest.fixture
def cloud(tmp_path: Path) -> Generator[Cloud]:
    with plugged(tmp_path) as cloud:
        yield cloud


@pytest.fixture
def engine(cloud: Cloud) -> Engine:
    return cloud.engine


@pytest.fixture(scope="module")
def planner() -> Generator[Engine]:
    with unplugged() as engine:
        yield engine
