"""Retrying and waiting as the official plug-ins do, on a clock that tests can speed up.

SANDBOX_WAIT_SCALE multiplies every duration: 0.01 makes two minutes 1.2 seconds. SANDBOX_WAITS=real waits where the
official plug-ins do although the cloud is done, each time as long; without it such a wait is none.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sandbox.plugins.framework.errors import PluginError

T = TypeVar("T")

_cancelled = threading.Event()


def scaled(seconds: float) -> float:
    return seconds * float(os.environ.get("SANDBOX_WAIT_SCALE") or 1)


def cancel() -> None:
    """End every wait under way: the engine has been interrupted."""
    _cancelled.set()


def sleep(seconds: float) -> None:
    if _cancelled.wait(scaled(seconds)):
        raise PluginError("cancelled while waiting")


def settle(seconds: float) -> None:
    """The official plug-in sits these out whatever the cloud says."""
    if os.environ.get("SANDBOX_WAITS") == "real":
        sleep(seconds)


def retry(attempt: Callable[[], T], when: Callable[[Exception], bool], *, seconds: float) -> T:
    """The result of the first attempt that succeeds; the last error once `seconds` have passed."""
    deadline = time.monotonic() + scaled(seconds)
    pause = 0.5
    while True:
        try:
            return attempt()
        except Exception as error:
            if not when(error) or time.monotonic() >= deadline:
                raise
        sleep(pause)
        pause = min(pause * 2, 10)


def wait_until(ready: Callable[[], bool], *, seconds: float, what: str, in_a_row: int = 1, pause: float = 0.5) -> None:
    """Returns when `ready` has been true that many times in a row."""
    deadline = time.monotonic() + scaled(seconds)
    seen = 0
    while True:
        seen = seen + 1 if ready() else 0
        if seen >= in_a_row:
            return
        if time.monotonic() >= deadline:
            raise PluginError(f"timed out after {seconds:g} s waiting for {what}")
        sleep(pause)
