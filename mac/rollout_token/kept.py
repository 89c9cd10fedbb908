"""What is kept between programs, never longer than it lasts: in the keychain where there is one, else in a file."""

from __future__ import annotations

import os
import time

from rollout_credentials import place
from rollout_credentials.errors import NoSessionError
from rollout_credentials.store import SECURITY

from rollout_token.config import Config

FORM = "1"
LEAST_SECONDS = 300
MOST_SECONDS = 24 * 3600
CLOCK_SECONDS = 60


class Kept:
    """`got`, `ends`: seconds since 1970. Raises ValueError for what is no pair of tokens."""

    def __init__(self, identity: str, access: str, got: float, ends: float) -> None:
        for part in (identity, access):
            if not part or "~" in identity or not part.isascii() or not part.isprintable() or " " in part:
                raise ValueError("no token")
        self._identity, self._access, self.got, self.ends = identity, access, got, ends

    @property
    def printed(self) -> str:
        return f"{self._identity}~{self._access}"

    @property
    def text(self) -> str:
        return "\n".join([FORM, str(self.got), str(self.ends), self._identity, self._access, ""])


def live(text: str) -> Kept | None:
    """Of a `Kept.text`; None where it is none, is over or nearly, or says what no clock can."""
    lines = text.split("\n")
    try:
        form, got, ends, identity, access, last = lines
        found = Kept(identity, access, float(got), float(ends))
    except ValueError:
        return None
    now = time.time()
    possible = found.got - CLOCK_SECONDS <= now and found.ends - found.got <= MOST_SECONDS
    return found if form == FORM and not last and possible and now < found.ends - LEAST_SECONDS else None


class Store:
    """Of the app that is configured."""

    def __init__(self, config: Config) -> None:
        self._key, folder = config.key, place.made()
        self._file = os.path.join(folder, f"{self._key}.session")
        self.lock, self.mark = (os.path.join(folder, f"{self._key}.{kind}") for kind in ("lock", "refused"))

    def live(self) -> Kept | None:
        """What may be handed out; what is over is gone after this."""
        if text := place.text_of(self._file):
            if found := live(text):
                return found
            place.drop(self._file)
        if not os.access(SECURITY, os.X_OK):
            return None
        from rollout_credentials import keychain

        if text := keychain.text_of(SECURITY, self._key):
            if found := live(text):
                return found
            keychain.drop(SECURITY, self._key)
        return None

    def keep(self, found: Kept) -> None:
        """Raises NoSessionError where it cannot be kept: the next program would open the next browser."""
        if os.access(SECURITY, os.X_OK):
            from rollout_credentials import keychain

            if keychain.put(SECURITY, self._key, found.text):
                place.drop(self._file)  # of when the keychain was locked
                return
        try:
            room = place.Reserved(self._file)
        except OSError as error:
            raise self._full(error) from None
        try:
            room.write(found.text)
        except OSError as error:
            raise self._full(error) from None
        finally:
            room.give_back()

    def _full(self, error: OSError) -> NoSessionError:
        return NoSessionError(
            f"Claude Code cannot sign in: nothing could be kept in {place.folder()}: {error.strerror}"
        )
