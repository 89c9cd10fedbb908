"""Object ids as Okta shapes them (a three-character kind and 17 letters or digits), and its timestamps."""

from __future__ import annotations

import hashlib
import secrets
import string
from datetime import UTC, datetime

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
TAIL = 17


def new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(TAIL))


def id_of(prefix: str, name: str) -> str:
    """The same name has the same id in every sandbox, so that trust policies and tests can name people."""
    number = int.from_bytes(hashlib.sha256(name.casefold().encode()).digest())
    tail = ""
    for _ in range(TAIL):
        number, digit = divmod(number, len(ALPHABET))
        tail += ALPHABET[digit]
    return prefix + tail


def timestamp(moment: datetime | None = None) -> str:
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# A new app has the first; an administrator may give it the second.
POLICY_ID = id_of("rst", "default access policy")
STRONG_POLICY_ID = id_of("rst", "any two factors")
