"""How long a command took, without the time in which it waited for a person's answer."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager


class Stopwatch:
    def __init__(self) -> None:
        self._began = time.monotonic()
        self._aside = 0.0

    @contextmanager
    def stopped(self) -> Generator[None]:
        """While somebody reads and thinks."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._aside += time.monotonic() - began

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began - self._aside
