"""What a session is, how it is kept, and whether it may still be handed out.

Neither json nor datetime: with what they import, each would cost the usual start 10 ms.
"""

from __future__ import annotations

import time

from rollout_credentials.config import Config

# A program that got a session with less left would be refused in the midst of its work.
LEAST_SECONDS = 300
# A clock is set right by so much without anybody's noticing.
CLOCK_SECONDS = 60
# A laptop's clock may be behind AWS's by so much; beyond it AWS takes no signature (AWS SigV4, troubleshooting).
SKEW_SECONDS = 300
# It began so much before it was got at most: AWS's time of issue is what a cut looks at.
ISSUED_SECONDS = 30
MAX_TEXT = 8_000
NAMES = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
# What keys, tokens and times are made of: nothing that JSON would have to escape.
_PARTS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-.:%,@")
FORM = "session-1"


class Session:
    """`values`: in the order of NAMES. `ends`, `got`: seconds since 1970. Raises ValueError for what is no session."""

    def __init__(self, values: list[str], ends: float, got: float | None = None) -> None:
        if len(values) != len(NAMES):
            raise ValueError("not four values")
        for name, value in zip(NAMES, values):  # noqa: B905 - Python 3.9
            if not value or len(value) > MAX_TEXT or not _PARTS.issuperset(value):
                raise ValueError(f"no {name}")
        self._values, self.ends = values, ends
        self.got = time.time() if got is None else got

    @property
    def keys(self) -> dict[str, str]:
        return {NAMES[place]: value for place, value in enumerate(self._values)}

    @property
    def printed(self) -> str:
        """AWS's form for a `credential_process`."""
        pairs = "".join(f', "{NAMES[place]}": "{value}"' for place, value in enumerate(self._values))
        return f'{{"Version": 1{pairs}}}\n'

    @property
    def kept(self) -> str:
        """With when it was got: a clock that was set back would make a dead one look alive."""
        return "\n".join([FORM, str(self.got), str(self.ends), *self._values, ""])


def live(text: str, config: Config) -> Session | None:
    """Of a `kept` text; None where it is none, is over or nearly, was ended by a cut, or says what no clock can."""
    lines = text.split("\n")
    try:
        if lines[0] != FORM or lines[-1]:
            return None
        got, ends = float(lines[1]), float(lines[2])
        found = Session(lines[3:-1], ends, got)
    except (ValueError, IndexError):
        return None
    now = time.time()
    possible = got - CLOCK_SECONDS <= now and ends - got <= config.session_seconds + SKEW_SECONDS
    # A line that lies ahead is one member's; all others' sessions go on, and theirs AWS refuses.
    dead = got - ISSUED_SECONDS < config.dead_before <= now + CLOCK_SECONDS
    return found if possible and not dead and now < ends - LEAST_SECONDS else None
