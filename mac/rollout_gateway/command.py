"""Prints the person's token for the gateway, as Claude Code's `apiKeyHelper` does.

A kept one is handed out while a minute of it is left. Else one process signs in, in a browser, and the others wait for
what it gets. `sign-in` prints none.
"""

from __future__ import annotations

import os
import sys
import time

from rollout_credentials import lock
from rollout_credentials.errors import NoSessionError

from rollout_gateway import config, okta
from rollout_gateway.store import Store

WISHES = ("token", "sign-in")
# Whoever closed the browser is not shown another one by the next request.
HOLD_SECONDS = 60


def main(arguments: list[str]) -> int:
    """The exit code: 0 with a token on stdout, 1 with one sentence on stderr, 2 for arguments that are none."""
    if len(arguments) != 1 or arguments[0] not in WISHES:
        return _say(f"rollout-gateway: takes one of: {', '.join(WISHES)}", 2)
    try:
        found = _token(asked=arguments == ["sign-in"])
    except NoSessionError as error:
        return _say(str(error), 1)
    except KeyboardInterrupt:
        return 130
    if arguments == ["token"]:
        sys.stdout.write(found + "\n")
    return 0


def _token(*, asked: bool) -> str:
    """`asked`: by a person, whom no refusal of a moment ago keeps from trying again."""
    told = config.read()
    store = Store(told.key)
    if found := store.live():
        return found
    with lock.held(store.lock, told.sign_in_seconds):
        if found := store.live():
            return found
        if not asked and time.time() - store.refused_at() < HOLD_SECONDS:
            raise NoSessionError(f"Claude Code is not signed in: the last sign-in was not finished; {told.ask}")
        try:
            found, ends = okta.signed_in(told)
        except NoSessionError:
            store.refuse()
            raise
        store.keep(found, ends)
    return found


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(sentence + os.linesep)
    return code
