"""Prints what Claude Code sends to the gateway as its key (`apiKeyHelper`): Okta's ID token, `~`, its access token.

What is kept is handed out while more than five minutes are left. Else one process has the person sign in, and the
others wait for what it gets. `cached` never signs in; `again` does whatever is kept, and prints nothing.
"""

from __future__ import annotations

import sys
import time

from rollout_credentials import lock, marks, place
from rollout_credentials.errors import NoSessionError

from rollout_token import config, device
from rollout_token.kept import Kept, Store

WISHES = ("token", "cached", "again")
# After the one that signs in has given up, there is no more to wait for.
MORE_SECONDS = 15


def main(arguments: list[str]) -> int:
    """The exit code: 0 with the token on stdout, 1 with one sentence on stderr, 2 for arguments that are none."""
    wish = arguments[0] if arguments else "token"
    if len(arguments) > 1 or wish not in WISHES:
        return _say(f"rollout-token: takes nothing, or one of: {', '.join(WISHES)}", 2)
    try:
        found = _found(wish)
    except NoSessionError as error:
        return _say(str(error), 1)
    except KeyboardInterrupt:
        return 130
    if wish != "again":
        sys.stdout.write(found.printed + "\n")
        sys.stdout.flush()
    return 0


def _found(wish: str) -> Kept:
    told = config.read()
    store, began = Store(told), time.time()
    if wish != "again" and (found := store.live()):
        return found
    if wish == "cached":
        raise NoSessionError("Claude Code is not signed in")
    if wish != "again":
        _heed(store)
    with lock.held(store.lock, told.sign_in_seconds + MORE_SECONDS):
        found = store.live()
        # Another process has signed in while this one waited.
        if found and (wish != "again" or found.got > began):
            return found
        if wish != "again":
            _heed(store)
        return _signed_in(told, store)


def _signed_in(told: config.Config, store: Store) -> Kept:
    try:
        found = device.sign_in(told)
    except NoSessionError as error:
        if error.hold_seconds:
            marks.put(store.mark, str(error), error.hold_seconds)
        raise
    store.keep(found)
    place.drop(store.mark)
    return found


def _heed(store: Store) -> None:
    if said := marks.said(store.mark):
        raise NoSessionError(said)


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(sentence + "\n")
    return code
