"""The hook's parts as one: who calls, what they may, how long they wait, in whose name the call goes on."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import yaml

from gateway import body, decision, keys, source
from gateway.aws import Aws
from gateway.identity import Identity, RevokedError
from gateway.keys import Keys
from gateway.levels import Standing, standing
from gateway.log import say
from gateway.refusals import Refused, Why
from gateway.sessions import Sessions
from gateway.settings import OnSilence, Settings, read
from gateway.source import Levels
from gateway.tokens import Caller

# Where the launcher says that `config.yaml` is.
CONFIG = "ROLLOUT_GATEWAY_CONFIG"
# Requests that wait at `throttled`: each holds a few kilobytes and its body, and no thread.
MOST_WAITING, MOST_WAITING_EACH = 1_000, 16
HTTP_SECONDS = 5.0

Today = Callable[[str], Awaitable[Mapping[str, Decimal]]]


@dataclass
class Waiting:
    """How many requests wait, and whose they are."""

    people: Counter[str] = field(default_factory=Counter[str])

    def enter(self, session: str, seconds: float) -> None:
        """Raises Refused where there is no room."""
        if self.people.total() >= MOST_WAITING or self.people[session] >= MOST_WAITING_EACH:
            text = "too many requests wait already at this level; try again when they are answered"
            raise Refused(Why.WAITING, 429, text, max(1, round(seconds)))
        self.people[session] += 1

    def leave(self, session: str) -> None:
        self.people[session] -= 1
        if not self.people[session]:
            del self.people[session]


@dataclass
class Service:
    settings: Settings
    keys: Keys
    identity: Identity
    levels: Levels
    sessions: Sessions
    today: Today
    waiting: Waiting = field(default_factory=Waiting)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    _running: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    def start(self) -> None:
        """Reads levels and keys from now on, in the loop that this is called in."""
        if not self._running:
            self._running = [
                asyncio.create_task(again(self.levels.refresh, source.REFRESH_SECONDS)),
                asyncio.create_task(again(self.keys.refresh, keys.REFRESH_SECONDS)),
            ]

    def away(self) -> str:
        """What cannot be told now, in a sentence; empty where nothing is away. A load balancer asks it first."""
        self.start()
        parts = [
            *([] if self.keys.is_known else ["Okta's keys have not been read yet"]),
            *([] if self.levels.is_known else ["levels cannot be read"]),
        ]
        return "; ".join(parts)

    async def caller(self, key: str) -> Caller:
        """Whose token it is, if they may be served at all. Raises Refused."""
        self.start()
        found = await self.identity.caller(key)
        await self.standing(found)
        return found

    async def standing(self, caller: Caller) -> Standing:
        """Raises Refused where nobody is to be served."""
        cohorts = await self.levels.of(caller.cohorts)
        return decision.required(standing(caller.session, cohorts), caller, self.now(), self.settings.ask)

    async def admitted(self, caller: Caller, data: Mapping[str, Any]) -> dict[str, Any]:
        """What goes on, in the caller's own name, once their wait is over. Raises Refused."""
        asked = data.get("model")
        found = await self.standing(caller)
        label = decision.model(asked, found, self.settings.ask)
        if found.is_throttled:
            await self._tokens(found)
            await self._wait(found)
            # Where they stand may have changed meanwhile.
            found = await self.standing(caller)
            label = decision.model(asked, found, self.settings.ask)
            if found.is_throttled:
                await self._tokens(found)
        session = await self.sessions.of(found)
        sent = body.outgoing(data, label, found.cohort.models[label], session.parameters)
        say("served", user_id=found.session, cohort=found.cohort.name, level=found.level, model=label)
        return sent

    async def _wait(self, found: Standing) -> None:
        seconds = found.cohort.throttle.delay_seconds
        if not seconds:
            return
        self.waiting.enter(found.session, seconds)
        try:
            await self.sleep(seconds)
        finally:
            self.waiting.leave(found.session)

    async def _tokens(self, found: Standing) -> None:
        try:
            held = await self.today(found.session)
        except Exception as error:
            say("away", what="ledger", error=type(error).__name__)
            if self.settings.on_silence is OnSilence.REFUSE:
                text = "your tokens of today cannot be looked up now (on_silence: refuse)"
                raise Refused(Why.LEDGER_AWAY, 503, text, 10) from None
            say("on-silence", once_in=60, what="ledger", did="served uncounted")
            return
        decision.within_tokens(held, found, self.settings.ask)


async def again(work: Callable[[], Awaitable[None]], seconds: float) -> None:
    """For as long as the process lives, whatever one time meets."""
    while True:
        try:
            await work()
        except Exception as error:
            say("away", what="refresh", error=type(error).__name__)
        await asyncio.sleep(seconds)


@cache
def service() -> Service:
    """The process's own. LiteLLM loads a hook's file as often as its config names it; this module is loaded once."""
    settings = read(yaml.safe_load(Path(os.environ[CONFIG]).read_text(encoding="utf-8")))
    aws, http = Aws(settings.table, settings.region), httpx.AsyncClient(timeout=HTTP_SECONDS)

    async def fetched() -> Mapping[str, Any]:
        answer = await http.get(settings.keys_url)
        return answer.raise_for_status().json()

    async def user_info(access: str) -> Mapping[str, Any]:
        answer = await http.get(settings.user_info_url, headers={"authorization": f"Bearer {access}"})
        if answer.status_code in {401, 403}:
            raise RevokedError
        return answer.raise_for_status().json()

    known = Keys(fetched, settings.on_silence)
    return Service(
        settings=settings,
        keys=known,
        identity=Identity(settings, known, user_info),
        levels=Levels(aws.cohorts, settings.on_silence),
        sessions=Sessions(aws.assume, settings.ask),
        today=aws.today,
    )
