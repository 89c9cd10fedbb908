"""How long a program waits for the session that is kept."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.sign_in.world import machine

ROUNDS = 15


def waits(root: Path) -> dict[str, float]:
    """Milliseconds, medians of rounds taken by turns: of the kept session, and of a Python that does nothing."""
    made = machine(root)
    made.asks()  # the sign-in
    environment = {"HOME": str(made.home)}
    actions: dict[str, Callable[[], object]] = {
        "kept": lambda: subprocess.run([made.entry], env=environment, check=True, stdout=subprocess.DEVNULL),
        "python": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
    }
    rounds = [[_milliseconds(action) for action in actions.values()] for _ in range(ROUNDS)]
    return dict(zip(actions, map(statistics.median, zip(*rounds, strict=True)), strict=True))


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000
