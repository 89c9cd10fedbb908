"""The folder in the person's home: what is in it is theirs alone, or is not used.

Always the same one: an IDE from the Dock knows no XDG_CACHE_HOME, and two folders would mean two sign-ins.
"""

from __future__ import annotations

import os
import pwd
import stat

from rollout_credentials.errors import NoSessionError

MAX_BYTES = 16_384


def home() -> str:
    told = os.environ.get("HOME", "")
    return told if os.path.isabs(told) else pwd.getpwuid(os.geteuid()).pw_dir


def folder() -> str:
    return os.path.join(home(), ".cache", "claude-code-rollout")


def made() -> str:
    """The folder, made where it is missing. Raises NoSessionError where somebody else may reach into it."""
    path = folder()
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        if not os.path.lexists(path):
            os.makedirs(path, mode=0o700, exist_ok=True)
        is_theirs(os.lstat(path), stat.S_ISDIR)
    except OSError as error:
        raise NoSessionError(f"Claude Code cannot sign in: {path}: {error.strerror or error}; remove it") from None
    return path


def is_theirs(found: os.stat_result, kind: object) -> None:
    """Raises OSError with what is wrong. `kind`: of `stat`, what it has to be."""
    if not callable(kind) or not kind(found.st_mode):
        raise OSError(0, "of the wrong kind, or a link")
    if found.st_uid != os.geteuid():
        raise OSError(0, "somebody else's")
    if found.st_mode & 0o077:
        raise OSError(0, f"others may use it (mode {stat.S_IMODE(found.st_mode):04o})")


def text_of(path: str) -> str | None:
    """None where there is none. One that is not the person's alone is taken away unread."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        drop(path)
        return None
    try:
        found = os.fstat(descriptor)
        is_theirs(found, stat.S_ISREG)
        if found.st_nlink == 1 and found.st_size <= MAX_BYTES:
            return os.read(descriptor, MAX_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError):
        pass
    finally:
        os.close(descriptor)
    drop(path)
    return None


class Reserved:
    """Room for one file, taken before there is anything to write: a full disk is found out before a browser opens."""

    def __init__(self, path: str) -> None:
        self.path, self._part = path, f"{path}.{os.getpid()}.part"
        drop(self._part)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        self._descriptor = os.open(self._part, flags, 0o600)
        try:
            _all(self._descriptor, b"\0" * MAX_BYTES)
            os.fsync(self._descriptor)
        except OSError:
            self.give_back()
            raise

    def write(self, text: str) -> None:
        """A reader sees the file from before, or all of this one."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        content = text.encode()
        _all(self._descriptor, content)
        os.ftruncate(self._descriptor, len(content))
        os.replace(self._part, self.path)

    def give_back(self) -> None:
        drop(self._part)
        os.close(self._descriptor)


def _all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def drop(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
