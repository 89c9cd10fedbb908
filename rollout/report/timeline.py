"""Which cohort was at which level from when to when, out of the incident log and the stack file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.report.facts import LevelChange


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time at one level. `start`: None where it began before anything is known. `end`: None where it lasts."""

    level: Level
    start: datetime | None
    end: datetime | None = None
    incident: str | None = None

    @property
    def is_open(self) -> bool:
        return self.end is None


def spans(cohort: Cohort, changes: Sequence[LevelChange], level: Level) -> list[Span]:
    """Oldest first, never empty. `changes`: of this cohort as a whole, in any order. `level`: the one it is at now.

    Where the log knows of no opening, or of a later one than the stack file, the stack file's `opened` counts: a
    cohort may have been open before anything was logged.
    """
    known = sorted(changes, key=lambda change: change.at)
    if not known:
        return _unlogged(cohort, level)
    first = known[0]
    start = cohort.opened if first.before is not Level.PLANNED else None
    found = [Span(level=first.before, start=start, end=first.at)]
    for change, then in zip(known, [*known[1:], None], strict=True):
        at, end = change.at, then.at if then else None
        if change is first and change.before is Level.PLANNED and cohort.opened and cohort.opened < at:
            at = cohort.opened
            found = [Span(level=Level.PLANNED, start=None, end=at)]
        incident = change.incident if change.after.needs_incident else None
        found.append(Span(level=change.after, start=at, end=end, incident=incident))
    if found[-1].level is not level:  # the log lags behind what is in force, or was lost
        last = found.pop()
        since = cohort.incident.since if cohort.incident and level.needs_incident else last.start
        start = max(since, last.start) if since and last.start else since
        found.append(Span(level=last.level, start=last.start, end=start, incident=last.incident))
        found.append(Span(level=level, start=start))
    return [span for span in found if span.start is None or span.end is None or span.end > span.start]


def _unlogged(cohort: Cohort, level: Level) -> list[Span]:
    if level.needs_incident and cohort.incident:
        since = cohort.incident.since
        before = [Span(level=Level.ACTIVE, start=cohort.opened, end=since)] if cohort.opened else []
        return [*before, Span(level=level, start=since, incident=cohort.incident.id)]
    return [Span(level=level, start=None if level is Level.PLANNED else cohort.opened)]
