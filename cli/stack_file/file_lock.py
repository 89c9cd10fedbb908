"""One at a time on a project folder's stack files and rosters: from the first read to the end of the update.

The lock is the kernel's, on a file beside them: whoever ends, however that is, gives it back. What the file says is for
those who wait.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from cli.terminal.errors import CommandError

NAME = ".rollout.lock"
# Folders whose lock this process has: a command that is part of another one does not wait for itself.
_ours: set[Path] = set()


@dataclass(frozen=True, kw_only=True)
class Holder:
    """`since`: RFC 3339, UTC."""

    command: str
    pid: int
    user: str
    since: str

    @property
    def line(self) -> str:
        return f"{self.user}'s `{self.command}` (process {self.pid}, since {self.since})"


@contextmanager
def locked(folder: Path, say: Callable[[str], object] | None = None) -> Generator[bool]:
    """Whether somebody had to be waited for, who may have written anything meanwhile.

    `say`: told once whom it waits for; the standard error unless given. KeyboardInterrupt ends the wait, and nothing is
    held then. CommandError where the folder takes no such file.
    """
    path = folder.resolve() / NAME
    if path in _ours:
        yield False
        return
    file, waited = _taken(path, say or _to_standard_error)
    with file:  # closing it gives the lock back; it is no child's: Python's files are not inherited
        file.write(json.dumps(asdict(_me())))
        file.flush()
        _ours.add(path)
        try:
            yield waited
        finally:
            _ours.discard(path)
            path.unlink(missing_ok=True)


def _taken(path: Path, say: Callable[[str], object]) -> tuple[IO[str], bool]:
    """The file, empty and ours, and whether it took a wait. Whoever had it takes it away at the end, so what was waited
    for may be no file of the folder any more; then there is another."""
    waited = False
    while True:
        file = _opened(path)
        try:
            waited = _take(file, say if not waited else _to_nobody) or waited
            if _is_there(path, file):
                file.seek(0)
                file.truncate()
                return file, waited
        except BaseException:
            file.close()
            raise
        file.close()


def _opened(path: Path) -> IO[str]:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}; nothing was written") from None
    return os.fdopen(handle, "r+", encoding="utf-8")


def _is_there(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _take(file: IO[str], say: Callable[[str], object]) -> bool:
    """Whether it had to wait. A kill of whoever has it gives it back as well."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(file)
        who = holder.line if holder else "somebody"
        say(f"waiting for {who}: one at a time writes the files of this folder; Ctrl-C ends the wait")
        fcntl.flock(file, fcntl.LOCK_EX)
        return True
    return False


def _holder(file: IO[str]) -> Holder | None:
    """None where it has not said yet who it is."""
    file.seek(0)
    try:
        return Holder(**json.loads(file.read()))
    except (ValueError, TypeError):
        return None


def _me() -> Holder:
    """The command as typed, without what its options hold: reasons are for those who are told, not for this."""
    words = [word for word in sys.argv[1:] if "\n" not in word][:4]
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = str(os.getuid())
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return Holder(command=" ".join(["rollout", *words]), pid=os.getpid(), user=user, since=now)


def _to_standard_error(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _to_nobody(text: str) -> None:
    """Said once is enough."""
