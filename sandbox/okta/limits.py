"""Rate limits: so many calls per window and class of endpoint."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

# Above what any test reaches: a limit is a thing to ask for.
DEFAULT_LIMIT = 6000
DEFAULT_SECONDS = 60
CLASSES = ("users", "groups", "apps", "policies")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    allowed: bool
    limit: int
    remaining: int
    reset: int
    retry_after: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.remaining),
            "X-Rate-Limit-Reset": str(self.reset),
        }


class Limiter:
    """A fixed window for each class, opened by its first call. Forgotten at a restart."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.set(DEFAULT_LIMIT, DEFAULT_SECONDS)

    def set(self, limit: int, per_seconds: int) -> None:
        """Takes effect at the next call, with fresh windows."""
        with self._lock:
            self._limit = limit
            self._seconds = per_seconds
            self._windows: dict[str, tuple[float, int]] = {}

    def look(self, path: str) -> Verdict:
        return self._judge(path, take=0)

    def take(self, path: str) -> Verdict:
        return self._judge(path, take=1)

    def _judge(self, path: str, *, take: int) -> Verdict:
        now = time.time()
        name = next((each for each in CLASSES if path.startswith(f"/api/v1/{each}")), "other")
        with self._lock:
            began, used = self._windows.get(name, (now, 0))
            if now >= began + self._seconds:
                began, used = now, 0
            used += take
            self._windows[name] = (began, used)
            end = began + self._seconds
            return Verdict(
                allowed=used <= self._limit,
                limit=self._limit,
                remaining=max(self._limit - used, 0),
                reset=math.ceil(end),
                retry_after=max(math.ceil(end - now), 1),
            )
