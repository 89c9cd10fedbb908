"""The sign-in itself, once for all processes that want it."""

from __future__ import annotations

import time

from rollout_credentials import lock, marks, okta, place, role
from rollout_credentials.config import Config
from rollout_credentials.errors import NoSessionError
from rollout_credentials.session import Session
from rollout_credentials.store import Store

# After the one that signs in has given up, there is no more to wait for.
MORE_SECONDS = 15


def signed_in(config: Config, store: Store, *, again: bool) -> Session:
    """Raises NoSessionError."""
    began = time.time()
    if not again:
        _heed(store)
    with lock.held(store.lock, config.sign_in_seconds + MORE_SECONDS):
        found = store.live()
        # Another process has signed in while this one waited.
        if found and (not again or found.got > began):
            return found
        if not again:
            _heed(store)
        try:
            room = store.reserved()
        except OSError as error:
            raise NoSessionError(
                f"Claude Code cannot sign in: no session could be kept in {place.folder()}: {error.strerror}"
            ) from None
        try:
            found = okta.sign_in(config)
            role.check(config, found)
            _keep(store, room, found)
        except NoSessionError as error:
            if error.hold_seconds:
                marks.put(store.mark, str(error), error.hold_seconds)
            raise
        finally:
            room.give_back()
        place.drop(store.mark)
        return found


def _keep(store: Store, room: place.Reserved, found: Session) -> None:
    try:
        store.keep(room, found)
    except OSError as error:
        raise NoSessionError(
            f"Claude Code cannot sign in: the session could not be kept in {place.folder()}: {error.strerror}",
            okta.FAILED_SECONDS,
        ) from None


def _heed(store: Store) -> None:
    if said := marks.said(store.mark):
        raise NoSessionError(said)
