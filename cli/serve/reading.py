"""What a page shows, read when somebody looks and no oftener than it may be: asking costs time, and a little money."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Found = TypeVar("Found")


class Reading(Generic[Found]):
    """One at a time: whoever comes meanwhile gets what that one finds."""

    def __init__(self, read: Callable[[], Found], seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._seconds, self._clock = read, seconds, clock
        self._lock = threading.Lock()
        self._known: tuple[float, Found] | None = None

    def get(self) -> Found:
        """At most `seconds` old. Raises what reading raises, and remembers nothing of it."""
        with self._lock:
            if self._known is None or self._clock() - self._known[0] >= self._seconds:
                found = self._read()
                self._known = self._clock(), found
            return self._known[1]
