"""Where a session is kept: in the keychain where there is one, else in a file. Never longer than it lasts."""

from __future__ import annotations

import os

from rollout_credentials import place, session
from rollout_credentials.config import Config
from rollout_credentials.session import Session

# macOS has one, reached by Apple's own program.
SECURITY = "/usr/bin/security"


class Store:
    """Of the role that is configured."""

    def __init__(self, config: Config) -> None:
        self._config, self._key = config, config.key
        folder = place.made()
        self._file = os.path.join(folder, f"{self._key}.session")
        self.lock = os.path.join(folder, f"{self._key}.lock")
        self.mark = os.path.join(folder, f"{self._key}.refused")

    def live(self) -> Session | None:
        """The session that may be handed out; what is over is gone after this."""
        # The file first: it is only there where the keychain did not take the session, and costs no process.
        if text := place.text_of(self._file):
            if found := session.live(text, self._config):
                return found
            place.drop(self._file)
        return self._of_keychain() if self._has_keychain else None

    @property
    def _has_keychain(self) -> bool:
        return os.access(SECURITY, os.X_OK)

    def _of_keychain(self) -> Session | None:
        from rollout_credentials import keychain

        if text := keychain.text_of(SECURITY, self._key):
            if found := session.live(text, self._config):
                return found
            keychain.drop(SECURITY, self._key)
        return None

    def reserved(self) -> place.Reserved:
        """Under the lock alone. Raises OSError where there is no room."""
        folder = os.path.dirname(self._file)
        for name in os.listdir(folder):
            if name.startswith(self._key) and name.endswith(".part"):  # of one that was killed
                place.drop(os.path.join(folder, name))
        return place.Reserved(self._file)

    def keep(self, room: place.Reserved, found: Session) -> None:
        text = found.kept
        if self._has_keychain:
            from rollout_credentials import keychain

            if keychain.put(SECURITY, self._key, text):
                place.drop(self._file)  # of when the keychain was locked: it would be handed out before this one
                return
        room.write(text)
