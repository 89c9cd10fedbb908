"""Where the person's token is kept: in the keychain where there is one and it has room, else in a file of theirs."""

from __future__ import annotations

import json
import os
import time

from rollout_credentials import keychain, place

SECURITY = "/usr/bin/security"
# What is over within a minute is over before a request that takes long has begun.
LEAST_SECONDS = 60


class Store:
    def __init__(self, key: str) -> None:
        folder = place.made()
        self._key = key
        self._file = os.path.join(folder, f"{key}.token")
        self._mark = os.path.join(folder, f"{key}.no-token")
        self.lock = os.path.join(folder, f"{key}.token-lock")

    def live(self) -> str | None:
        for text in (place.text_of(self._file), self._of_keychain()):
            found = _read(text)
            if found and found[1] - time.time() > LEAST_SECONDS:
                return found[0]
        return None

    def keep(self, token: str, ends: float) -> None:
        """`ends`: seconds since 1970. What cannot be kept is asked for again by the next program."""
        place.drop(self._mark)
        text = json.dumps({"token": token, "ends": ends})
        if self._has_keychain and keychain.put(SECURITY, self._key, text):
            place.drop(self._file)
            return
        try:
            place.Reserved(self._file).write(text)
        except OSError:
            place.drop(self._file)

    def refuse(self) -> None:
        try:
            os.close(os.open(self._mark, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            os.utime(self._mark)
        except OSError:
            return

    def refused_at(self) -> float:
        """Seconds since 1970."""
        try:
            return os.lstat(self._mark).st_mtime
        except OSError:
            return 0.0

    @property
    def _has_keychain(self) -> bool:
        return os.access(SECURITY, os.X_OK)

    def _of_keychain(self) -> str | None:
        return keychain.text_of(SECURITY, self._key) if self._has_keychain else None


def _read(text: str | None) -> tuple[str, float] | None:
    try:
        kept = json.loads(text or "")
        return str(kept["token"]), float(kept["ends"])
    except (ValueError, LookupError, TypeError):
        return None
