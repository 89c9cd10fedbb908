"""Whose access a change of a stack file makes end at another time: by `until`, or by a move into a cohort with another
end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rollout.incidents.named_stops import homes_of
from rollout.model.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class EndChange:
    """`before`: when the access of `holder`, a person or a machine, was to end. `after`: when it does now. None where
    it does not. `came_from`: the cohort that they were in, where that is another one."""

    cohort: str
    holder: str
    before: datetime | None
    after: datetime | None
    came_from: str | None = None

    @property
    def is_longer(self) -> bool:
        """Access lasts beyond the end that it had."""
        return self.before is not None and (self.after is None or self.after > self.before)


def end_changes(base: Rollout | None, head: Rollout | None) -> Iterator[EndChange]:
    """Of whoever is in a cohort that is declared, before and after."""
    if base is None or head is None:
        return
    before, after = homes_of(base), homes_of(head)
    for holder in sorted(before.keys() & after.keys()):
        was, now = before[holder], after[holder]
        ended, ends = base.declared[was].end_of(holder), head.declared[now].end_of(holder)
        if ended != ends:
            came_from = was if was != now else None
            yield EndChange(cohort=now, holder=holder, before=ended, after=ends, came_from=came_from)
