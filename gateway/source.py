"""Where cohorts stand, read in the background: a level that was saved counts within a minute, without a restart."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.levels import Cohort, UnreadableError, cohort
from gateway.log import say
from gateway.refusals import Refused, Why
from gateway.settings import OnSilence

# Of cohorts' names, the items that are there.
Read = Callable[[Sequence[str]], Awaitable[Mapping[str, Mapping[str, Any]]]]

REFRESH_SECONDS = 10.0
# From the begin of a reading. With the longest wait of a request after it, and a reading that hangs, under a minute.
STALE_SECONDS = 45.0
# A name comes from a group in a token that Okta signed; nobody makes this grow but who makes groups.
MOST_COHORTS = 500


@dataclass(frozen=True)
class Seen:
    """`cohort`: None where the table has none of this name. `at`: when the reading began."""

    cohort: Cohort | None
    at: float


class Levels:
    def __init__(self, read: Read, on_silence: OnSilence, now: Callable[[], float] = time.monotonic) -> None:
        self._read, self._on_silence, self._now = read, on_silence, now
        self._seen: dict[str, Seen] = {}
        self._asked: dict[str, float] = {}
        self._lock = asyncio.Lock()
        self._failed = False
        self._refreshed_at = now()

    @property
    def is_known(self) -> bool:
        """Whether nothing is known to be away, and all was read again of late."""
        return not self._failed and self._now() - self._refreshed_at <= STALE_SECONDS

    async def of(self, names: Iterable[str]) -> list[Cohort]:
        """Those of them that are there. Raises Refused where one is not known well enough."""
        wanted = tuple(names)
        new = [name for name in wanted if name not in self._seen]
        if new:
            async with self._lock:
                due = [name for name in new if name not in self._seen and self._may_ask(name)]
                await self._ask(due)
        return [found for name in wanted if (found := self._one(name))]

    def _may_ask(self, name: str) -> bool:
        return self._now() - self._asked.get(name, -REFRESH_SECONDS) >= 1.0 and len(self._asked) < MOST_COHORTS

    def _one(self, name: str) -> Cohort | None:
        seen = self._seen.get(name)
        if seen is None:
            raise Refused(Why.LEVELS_AWAY, 503, "nobody is served now: what level your cohort has is not known", 5)
        if self._now() - seen.at > STALE_SECONDS:
            if self._on_silence is OnSilence.REFUSE:
                text = "nobody is served now: what level your cohort has cannot be looked up (on_silence: refuse)"
                raise Refused(Why.LEVELS_AWAY, 503, text, 10)
            say("on-silence", once_in=60, what=f"level of {name}", did="served as last seen")
        return seen.cohort

    async def refresh(self) -> None:
        """All that anybody has asked for."""
        async with self._lock:
            began = self._now()
            await self._ask(tuple(self._asked))
            self._refreshed_at = began

    async def _ask(self, names: Sequence[str]) -> None:
        if not names:
            return
        began = self._now()
        self._asked |= dict.fromkeys(names, began)
        try:
            items = await self._read(names)
        except Exception as error:
            self._failed = True
            say("away", what="levels", error=type(error).__name__)
            return
        self._failed = False
        for name in names:
            try:
                found = cohort(name, items[name]) if name in items else None
            except UnreadableError as error:  # the last reading counts until it is too old
                self._failed = True
                say("away", what="levels", error=str(error))
                continue
            self._told(name, found)
            self._seen[name] = Seen(found, began)

    def _told(self, name: str, found: Cohort | None) -> None:
        before = self._seen.get(name)
        was = before.cohort.level if before and before.cohort else None
        level = found.level if found else None
        if before is None or was != level:
            say("level", cohort=name, level=level, was=was)
