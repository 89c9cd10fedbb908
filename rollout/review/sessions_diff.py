"""Which sessions of AWS a change of a stack file ends, and which dead ones it lets live again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from rollout.model.cohort import Cohort
from rollout.model.times import latest


@dataclass(frozen=True, kw_only=True)
class SessionChange:
    """Of a cohort's role, or of the member `email` alone. `before` and `after`: from when on a session counts, UTC;
    None where all do."""

    cohort: str
    email: str | None
    before: datetime | None
    after: datetime | None
    people: int

    @property
    def revives(self) -> bool:
        """Whether sessions that were dead live again, for as long as they last."""
        return self.before is not None and (self.after is None or self.after < self.before)


def session_changes(base: Mapping[str, Cohort], head: Mapping[str, Cohort]) -> Iterator[SessionChange]:
    """Of roles that are there in the end; without its role no session is good for anything."""
    for name in sorted({*base} & {*head}):
        was, is_ = base[name], head[name]
        if not is_.level.effects.role:
            continue
        before, after = was.valid_from(), is_.valid_from()
        if before != after:
            yield SessionChange(cohort=name, email=None, before=before, after=after, people=len(is_.holders))
        # Whoever is taken out of the cohort loses the cut of their own too, and with it the stop on older sessions.
        for email in sorted({*was.holders, *is_.holders}):
            then, now = _own(was, email), _own(is_, email)
            both = latest(before, then), latest(after, now)
            if then != now and both[0] != both[1]:
                yield SessionChange(cohort=name, email=email, before=both[0], after=both[1], people=1)


def _own(cohort: Cohort, email: str) -> datetime | None:
    return cohort.member_valid_from(email) if email in cohort.holders else None
