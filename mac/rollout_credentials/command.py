"""Prints the person's session of the cohort's role, as AWS's `credential_process` does (SDK reference guide).

Kept sessions are handed out while more than five minutes are left. Else one process signs in, and the others wait for
what it gets. `cached` never signs in; `sign-in` prints no session; `again` signs in whatever is kept and though it was
refused a moment ago, and prints none either.
"""

from __future__ import annotations

import sys

from rollout_credentials import config
from rollout_credentials.errors import NoSessionError
from rollout_credentials.session import Session
from rollout_credentials.store import Store

WISHES = ("cached", "sign-in", "again")


def main(arguments: list[str]) -> int:
    """The exit code: 0 with a session on stdout, 1 with one sentence on stderr, 2 for arguments that are none."""
    if arguments and (len(arguments) > 1 or arguments[0] not in WISHES):
        return _say(f"rollout-credentials: takes nothing, or one of: {', '.join(WISHES)}", 2)
    try:
        found = _session(*arguments)
        return 0 if arguments in (["sign-in"], ["again"]) else _print(found)
    except NoSessionError as error:
        return _say(str(error), 1)
    except KeyboardInterrupt:
        return 130


def _session(wish: str = "") -> Session:
    told = config.read()
    store = Store(told)
    if wish != "again" and (found := store.live()):
        return found
    if wish == "cached":
        raise NoSessionError("Claude Code is not signed in")
    import signal

    from rollout_credentials import once

    # Whoever ends this process ends okta-aws-cli with it.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    return once.signed_in(told, store, again=wish == "again")


def _interrupted(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _print(found: Session) -> int:
    try:
        sys.stdout.write(found.printed)
        sys.stdout.flush()
    except OSError:  # nobody reads it any more; Python would say so at its exit
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    return 0


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(sentence + "\n")
    return code
