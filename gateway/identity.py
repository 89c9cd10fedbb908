"""Who calls: by the token, and by what Okta answers to it, which is asked anew each minute."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.keys import Keys
from gateway.log import say
from gateway.refusals import Refused, Why, no_token
from gateway.settings import OnSilence, Settings
from gateway.tokens import Caller, Presented, Signed, caller, key_id, presented, signed

# Of an access token, what Okta says of its person. Raises RevokedError, or whatever else is wrong.
UserInfo = Callable[[str], Awaitable[Mapping[str, Any]]]

ASKED_SECONDS = 60.0
MOST_PEOPLE = 5_000
# Okta was silent a moment ago: not every request asks it again.
SILENT_SECONDS = 2.0


class RevokedError(Exception):
    """Okta takes the access token no more."""


@dataclass(frozen=True)
class Known:
    """`at`: when Okta was asked."""

    claims: Mapping[str, Any]
    at: float


class Identity:
    def __init__(
        self, settings: Settings, keys: Keys, ask: UserInfo, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings, self._keys, self._ask, self._now = settings, keys, ask, now
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._asking: dict[str, asyncio.Future[Mapping[str, Any]]] = {}
        self._silent_at = -SILENT_SECONDS

    async def caller(self, key: str) -> Caller:
        """Raises Refused."""
        sent = presented(key)
        found = signed(sent, await self._keys.key(key_id(sent.identity)), self._settings)
        return self._caller(sent, found, await self._answer(sent))

    def _caller(self, sent: Presented, found: Signed, claims: Mapping[str, Any]) -> Caller:
        try:
            return caller(found, claims, self._settings)
        except Refused:
            self._known.pop(sent.digest, None)
            raise

    async def _answer(self, sent: Presented) -> Mapping[str, Any]:
        known = self._known.get(sent.digest)
        if known and self._now() - known.at <= ASKED_SECONDS:
            self._known.move_to_end(sent.digest)
            return known.claims
        try:
            return await self._asked(sent)
        except RevokedError:
            self._known.pop(sent.digest, None)
            raise no_token("Okta takes its token no more") from None
        except Exception as error:
            self._silent_at = self._now()
            say("away", once_in=10, what="okta", error=type(error).__name__)
            if known is None or self._settings.on_silence is OnSilence.REFUSE:
                text = "Okta does not say who you are now"
                raise Refused(Why.OKTA_AWAY, 503, text, 5) from None
            say("on-silence", once_in=60, what="okta", did="served as last seen")
            return known.claims

    async def _asked(self, sent: Presented) -> Mapping[str, Any]:
        """One question for all requests of the same person."""
        if self._now() - self._silent_at < SILENT_SECONDS:
            raise TimeoutError("silent a moment ago")
        digest = sent.digest
        if digest not in self._asking:
            began = self._now()
            asking = asyncio.ensure_future(self._ask(sent.access))
            asking.add_done_callback(partial(self._done, digest, began))
            self._asking[digest] = asking
        return await asyncio.shield(self._asking[digest])

    def _done(self, digest: str, began: float, done: asyncio.Future[Mapping[str, Any]]) -> None:
        self._asking.pop(digest, None)
        if done.cancelled() or done.exception():
            return
        self._known[digest] = Known(done.result(), began)
        while len(self._known) > MOST_PEOPLE:
            self._known.popitem(last=False)
