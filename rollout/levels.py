"""What each level means, as one table. Everything that differs by level reads it here (design 3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Level(StrEnum):
    """In order: a later level takes away at least what the one before it takes."""

    PLANNED = "planned"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    THROTTLED = "throttled"
    SUSPENDED = "suspended"
    ROLLED_BACK = "rolled_back"

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    @property
    def effects(self) -> Effects:
        return LEVELS[self]

    @property
    def is_cut(self) -> bool:
        """Whether nobody may invoke anything at it any more: `suspended`, and what takes more."""
        return self.rank >= Level.SUSPENDED.rank

    @property
    def needs_incident(self) -> bool:
        return self.rank > Level.ACTIVE.rank


@dataclass(frozen=True, kw_only=True)
class Effects:
    """One row of the table.

    `minutes`: the plan's service level for getting there. `group`: the cohort has an Okta group. `members`: people are
    in it and in the umbrella group. `assigned`: the group is assigned to the app that leads to AWS. `role`: there is a
    role, with inference profiles. `models`: which of them the role may invoke. `kept_days`: least retention of logs.
    """

    minutes: int | None
    group: bool
    members: bool
    assigned: bool
    role: bool
    models: Literal["all", "throttle", "none"]
    kept_days: int = 0


# fmt: off
LEVELS: Mapping[Level, Effects] = {
    Level.PLANNED:     Effects(minutes=None, group=False, members=False, assigned=False, role=False, models="none"),
    Level.ACTIVE:      Effects(minutes=None, group=True,  members=True,  assigned=True,  role=True,  models="all"),
    Level.RESTRICTED:  Effects(minutes=15,   group=True,  members=True,  assigned=True,  role=True,  models="all"),
    Level.THROTTLED:   Effects(minutes=30,   group=True,  members=True,  assigned=True,  role=True,  models="throttle"),
    Level.SUSPENDED:   Effects(minutes=120,  group=True,  members=False, assigned=True,  role=True,  models="none"),
    Level.ROLLED_BACK: Effects(minutes=240,  group=True,  members=False, assigned=False, role=False, models="none", kept_days=365),
}
# fmt: on
