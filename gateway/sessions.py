"""AWS sessions of people: of their cohort's role, in their own name, so that each call is theirs in every record."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from gateway.levels import Standing
from gateway.log import say
from gateway.refusals import Refused, Why

# A role's ARN, a session's name, seconds.
Assume = Callable[[str, str, int], Awaitable["Session"]]

MOST_SESSIONS = 5_000
# One that ends within this is replaced first.
LEAST_SECONDS = 300
# What STS refused is not asked again at once, whatever comes in.
REFUSED_SECONDS = 5
# A session that AWS refuses a call is dropped, but no younger one: each refusal would cost a call to STS.
DROPPED_AFTER_SECONDS = 30
Key = tuple[str, str]


class DeniedError(Exception):
    """STS gives no session of this role under this name."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """`ends`, `got`: seconds since 1970. What it is made of is in no text that anybody prints."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    ends: float
    got: float

    @property
    def parameters(self) -> dict[str, str]:
        """As LiteLLM takes them for one request."""
        return {
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "aws_session_token": self.session_token,
        }


class Sessions:
    def __init__(self, assume: Assume, ask: str, now: Callable[[], float] = time.time) -> None:
        self._assume, self._ask, self._now = assume, ask, now
        self._held: OrderedDict[Key, Session] = OrderedDict()
        self._asking: dict[Key, asyncio.Future[Session]] = {}
        self._refused: dict[Key, tuple[float, Refused]] = {}

    async def of(self, found: Standing) -> Session:
        """One call to STS for all who wait for the same person's. Raises Refused."""
        key = (found.cohort.role_arn, found.session)
        if held := self._live(key, found.person.valid_from):
            return held
        until, refused = self._refused.get(key, (0.0, None))
        if refused and self._now() < until:
            raise refused
        if key not in self._asking:
            asking = asyncio.ensure_future(self._assume(*key, found.cohort.session_seconds))
            asking.add_done_callback(partial(self._done, key))
            self._asking[key] = asking
        try:
            # Whoever leaves does not take the others' session along.
            return await asyncio.shield(self._asking[key])
        except DeniedError:
            raise self._put_off(key, Refused(Why.AWS, 403, f"AWS gives no session in your name; {self._ask}")) from None
        except Refused:
            raise
        except Exception as error:
            say("away", what="sts", error=type(error).__name__)
            raise self._put_off(key, Refused(Why.AWS, 503, "AWS gives no sessions now", 5)) from None

    def drop_all(self, session: str) -> None:
        """After AWS refused a call of this person's: what has changed since theirs began may count for a new one."""
        for key in [key for key in self._held if key[1] == session]:
            if self._now() - self._held[key].got > DROPPED_AFTER_SECONDS:
                del self._held[key]

    def _live(self, key: Key, valid_from: float | None) -> Session | None:
        held = self._held.get(key)
        if held is None:
            return None
        # STS writes its own second: one of the same second may be from before the line.
        dead = valid_from is not None and held.got <= valid_from + 1 and self._now() > valid_from + 1
        if dead or held.ends - self._now() < LEAST_SECONDS:
            del self._held[key]
            return None
        self._held.move_to_end(key)
        return held

    def _done(self, key: Key, done: asyncio.Future[Session]) -> None:
        self._asking.pop(key, None)
        if done.cancelled() or done.exception():
            return
        self._held[key] = done.result()
        while len(self._held) > MOST_SESSIONS:
            self._held.popitem(last=False)

    def _put_off(self, key: Key, refused: Refused) -> Refused:
        now = self._now()
        if len(self._refused) >= MOST_SESSIONS:
            self._refused = {one: told for one, told in self._refused.items() if now < told[0]}
        self._refused[key] = (now + REFUSED_SECONDS, refused)
        return refused
