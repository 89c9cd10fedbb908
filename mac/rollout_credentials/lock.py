"""One sign-in at a time, of all processes of the person."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Generator

from rollout_credentials import place
from rollout_credentials.errors import NoSessionError

PAUSE_SECONDS = 0.1


@contextlib.contextmanager
def held(path: str, seconds: float) -> Generator[None, None, None]:
    """Given up by the system when its holder dies. Raises NoSessionError after `seconds`."""
    descriptor = _opened(path)
    try:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise NoSessionError(
                        f"Claude Code is not signed in: another process has been signing in for {seconds:.0f} seconds; "
                        "look for Okta's page in your browser"
                    ) from None
            time.sleep(PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)


def _opened(path: str) -> int:
    """Never removed, or two could hold two files of one name."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
        place.is_theirs(os.fstat(descriptor), stat.S_ISREG)
    except OSError as error:
        raise NoSessionError(f"Claude Code cannot sign in: {path}: {error.strerror or error}; remove it") from None
    return descriptor
