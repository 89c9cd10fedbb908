"""What every process that runs tests is set up with: of the sandbox, of the project."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import HealthCheck, settings

# How long an example takes says what else the machine does.
settings.register_profile("on any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("on any machine")


def hear_interrupts() -> None:
    """A shell has what it starts in the background ignore Ctrl-C, and so would all that the tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def service_models_read_once() -> None:
    """Of boto, which otherwise parses them anew for each mocked AWS; it never changes what it has read."""
    read = JSONFileLoader.load_file
    if read.__module__ == __name__:
        return
    found: dict[str, Any] = {}

    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        if file_path not in found:
            found[file_path] = read(self, file_path)
        return found[file_path]

    JSONFileLoader.load_file = load_file
