"""One line of JSON each: what a structured log query reads. No token, no key and nothing of a prompt is in any."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

_said: dict[tuple[str, str], float] = {}


def say(event: str, *, once_in: float = 0, **told: Any) -> None:
    """`once_in`: seconds within which the same is not said again."""
    if once_in:
        key, now = (event, str(told.get("what"))), time.monotonic()
        if now - _said.get(key, -once_in) < once_in:
            return
        _said[key] = now
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "gateway": event, **told}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
