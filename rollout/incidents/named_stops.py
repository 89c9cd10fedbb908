"""Who is stopped by name on a cohort's role, by the record of cuts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rollout import names
from rollout.incidents.cut_record import CohortRecord, PersonRecord, Record
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.model.times import latest


@dataclass(frozen=True, kw_only=True)
class NamedStops:
    """Who of a cohort's role is stopped by name, a session name each. `dead_before`: sessions issued earlier are."""

    suspended: frozenset[str]
    throttled: frozenset[str]
    dead_before: Mapping[str, datetime]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self.suspended, *self.throttled, *self.dead_before}))


def homes_of(rollout: Rollout) -> dict[str, str]:
    """The cohort of each person, by e-mail address; of two, the one that lets them in."""
    ordered = sorted(rollout.declared.items(), key=lambda item: (item[1].level.effects.members, item[0]))
    return {email: name for name, cohort in ordered for email in cohort.holders}


def named_stops(record: Record, rollout: Rollout, name: str) -> NamedStops:
    """Who is stopped by name on the role of cohort `name`: its members, and who left it while a session could live.

    Who is suspended alone stays named while the whole cohort is suspended too, so that its resume has nothing to wait
    for. Who moved to another cohort is stopped here as they are there; who is nowhere any more is stopped.
    """
    return named_stops_of(record.cohorts[name], record, rollout, homes_of(rollout), name)


def named_stops_of(
    cohort: CohortRecord, record: Record, rollout: Rollout, homes: Mapping[str, str], name: str
) -> NamedStops:
    suspended, throttled, dead = set[str](), set[str](), dict[str, datetime]()
    whole = rollout.declared[name]
    removed = any(person.is_removed for person in cohort.people.values())
    present = {called for email in homes for called in record.names(email)} if removed else set[str]()
    for email, person in cohort.people.items():
        level, line = _stop_of(email, person, record, rollout, homes)
        called = record.names(email)
        if person.is_removed:
            # Whose address changed is removed by the old one and there by the new one, and signs in under one login.
            suspended.update(set(called) - present)
            since = latest(person.left, line)
            dead.update(dict.fromkeys(set(called) & present, since) if since else {})
        elif level.is_cut:
            suspended.update(called)
        elif line:
            dead.update(dict.fromkeys(called, line))
        if level is Level.THROTTLED and whole.level.rank < Level.THROTTLED.rank:
            throttled.update(called)
    return NamedStops(
        suspended=frozenset(filter(names.SESSION.fullmatch, suspended)),
        throttled=frozenset(filter(names.SESSION.fullmatch, throttled)),
        dead_before={
            one: at for one, at in sorted(dead.items()) if one not in suspended and names.SESSION.fullmatch(one)
        },
    )


def _stop_of(
    email: str, person: PersonRecord, record: Record, rollout: Rollout, homes: Mapping[str, str]
) -> tuple[Level, datetime | None]:
    """A person's level on this cohort's role, and from when on their sessions count."""
    if not person.left:
        return person.level or Level.ACTIVE, person.dead_before
    home = homes.get(email)
    if home is None:
        return Level.SUSPENDED, person.dead_before
    there = record.cohorts[home]
    line = latest(person.dead_before, there.dead_before, there.people[email].dead_before)
    return rollout.declared[home].level_of(email), line
