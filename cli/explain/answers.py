"""What a source says of a person who is refused, and which of all reasons is the most likely."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from rollout.usage.thresholds import Stop


class Rank(IntEnum):
    """The lowest is the most likely."""

    CUT = 5
    STOPPED = 6
    ENDED = 7
    NOT_MEMBER = 10
    PLANNED = 20
    NOT_DEPLOYED = 40
    NO_ACCOUNT = 50
    NOT_IN_GROUP = 55
    NO_ROLE = 60
    SPENT = 70
    OLD_SESSION = 80
    THROTTLED = 85
    PERHAPS_OLD = 90


@dataclass(frozen=True, kw_only=True)
class Reason:
    """`certain`: False where it depends on what nobody here can see."""

    rank: Rank
    why: str
    do: str
    certain: bool = True


@dataclass(frozen=True, kw_only=True)
class Says:
    """One source. `lines`: what it says, whether that refuses anybody or not."""

    source: str
    lines: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Account:
    """An Okta account of this address. `groups`: names of those it is in."""

    login: str
    status: str
    groups: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One counter of the meter that this person adds to. `what`: such as `today`. `stop`: what it says of stopping."""

    what: str
    usd: float
    stop: Stop | None


def most_likely(found: Sequence[Says]) -> Reason | None:
    reasons = [reason for one in found for reason in one.reasons]
    return min(reasons, key=lambda reason: (not reason.certain, reason.rank), default=None)
