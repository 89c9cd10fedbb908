"""How long it took to bring a cohort to a level, held against the plan's minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from rollout.levels import Level
from rollout.report.facts import LevelChange, Update

MINUTE = timedelta(minutes=1)


class Counted(StrEnum):
    """From when on."""

    INCIDENT = "from the incident's begin"
    UPDATE = "from the update's start"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step upwards. `minutes`: from `counted` on until it was in force; none where nobody knows since when.
    `update_minutes`: what the update alone took so far. `allowed`: the plan's."""

    cohort: str
    member: str | None
    level: Level
    incident: str | None
    reason: str | None
    people: int
    in_force: datetime
    allowed: int
    counted: Counted | None
    minutes: float | None
    update_minutes: float | None
    lifted: datetime | None

    @property
    def whose(self) -> str:
        """Nobody is named."""
        return f"one person of {self.cohort}" if self.member else self.cohort

    @property
    def met(self) -> bool | None:
        return None if self.minutes is None else self.minutes <= self.allowed


def steps(changes: Iterable[LevelChange], updates: Sequence[Update] | None) -> list[Step]:
    """Newest first. An incident's first step is counted from the incident's begin. A later step of the same incident
    was decided on later, and no one wrote down when: it is counted from the start of the update that made it."""
    by_subject: dict[tuple[str, str | None], list[LevelChange]] = {}
    for change in sorted(changes, key=lambda change: change.at):
        by_subject.setdefault((change.cohort, change.member), []).append(change)
    found: list[Step] = []
    for known in by_subject.values():
        for number, change in enumerate(known):
            minutes = change.after.effects.minutes
            if minutes is not None and change.after.rank > change.before.rank:
                found.append(_step(change, known[number + 1 :], minutes, updates or ()))
    return sorted(found, key=lambda step: step.in_force, reverse=True)


def _step(change: LevelChange, later: Sequence[LevelChange], allowed: int, updates: Sequence[Update]) -> Step:
    start = _start(change.at, updates)
    update_minutes = (change.at - start) / MINUTE if start else None
    counted, minutes = None, None
    if not change.before.needs_incident and change.since and change.since <= change.at:
        counted, minutes = Counted.INCIDENT, (change.at - change.since) / MINUTE
    elif change.before.needs_incident and start:
        counted, minutes = Counted.UPDATE, update_minutes
    return Step(
        cohort=change.cohort,
        member=change.member,
        level=change.after,
        incident=change.incident,
        reason=change.reason,
        people=change.people,
        in_force=change.at,
        allowed=allowed,
        counted=counted,
        minutes=minutes,
        update_minutes=update_minutes,
        lifted=next((after.at for after in later if after.after.rank < change.after.rank), None),
    )


def _start(at: datetime, updates: Iterable[Update]) -> datetime | None:
    """Of the update during which something was announced. What waited in a queue is announced a little later."""
    return max((update.start for update in updates if update.start <= at), default=None)


def open_incidents(found: Sequence[Step]) -> Mapping[tuple[str, str | None], Step]:
    """The newest step of each cohort or member that has not been lifted."""
    known: dict[tuple[str, str | None], Step] = {}
    for step in found:
        if step.lifted is None:
            known.setdefault((step.cohort, step.member), step)
    return known
