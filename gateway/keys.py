"""Okta's public keys: read now and then, kept while Okta is away, and not for ever."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import jwt

from gateway.log import say
from gateway.refusals import Refused, Why, no_token
from gateway.settings import OnSilence

Fetch = Callable[[], Awaitable[Mapping[str, Any]]]

REFRESH_SECONDS = 600
# Okta turns its keys four times a year, and publishes the next one before it signs with it (Okta, key rotation).
OLD_SECONDS = 24 * 3600
# A token of a key that nobody knows has the keys read again, so often at most; before any was read, sooner.
ASKED_AGAIN_SECONDS, FIRST_ASKED_AGAIN_SECONDS = 30, 2


class Keys:
    def __init__(self, fetch: Fetch, on_silence: OnSilence, now: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._on_silence, self._now = fetch, on_silence, now
        self._keys: dict[str, Any] = {}
        self._read_at: float | None = None
        self._asked_at: float | None = None
        self._lock = asyncio.Lock()

    @property
    def is_known(self) -> bool:
        return self._read_at is not None

    async def key(self, kid: str) -> Any:
        """Raises Refused where there is no such key, and where none can be relied on."""
        if kid not in self._keys:
            await self._read_again()
        if self._read_at is None:
            raise Refused(Why.KEYS_AWAY, 503, "sign-ins cannot be checked now: Okta's keys are away", 5)
        if self._now() - self._read_at > OLD_SECONDS:
            self._silent()
        if kid not in self._keys:
            raise no_token("its token is signed by none of Okta's keys")
        return self._keys[kid]

    def _silent(self) -> None:
        if self._on_silence is OnSilence.REFUSE:
            text = "sign-ins cannot be checked now: Okta's keys have been away for a day (on_silence: refuse)"
            raise Refused(Why.KEYS_AWAY, 503, text, 30)
        say("on-silence", once_in=60, what="keys", did="served")

    async def _read_again(self) -> None:
        asked = self._now()
        async with self._lock:
            least = FIRST_ASKED_AGAIN_SECONDS if self._read_at is None else ASKED_AGAIN_SECONDS
            if self._asked_at is not None and asked - self._asked_at < least:
                return
            await self.refresh()

    async def refresh(self) -> None:
        """What Okta does not give now is kept as it was."""
        self._asked_at = self._now()
        try:
            found = keys_of(await self._fetch())
        except Exception as error:
            say("away", what="keys", error=type(error).__name__)
            return
        self._keys, self._read_at = found, self._asked_at


def keys_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """RSA keys that sign, by their id. Raises where there is none: an empty answer is no answer."""
    found = {
        one.key_id: one.key
        for one in jwt.PyJWKSet.from_dict(dict(document)).keys
        if one.key_id and one.key_type == "RSA" and one.public_key_use in {None, "sig"}
    }
    if not found:
        raise ValueError("no key")
    return found
