"""Stack files that an update is refused from: they forget a cut that the stack has on record, or would break half-way.

An incident is set from somebody's machine. Until it is committed, every other copy of the stack file still says
`active`, and what is merged meanwhile would be deployed from one of those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from rollout.incidents.cut_record import CohortRecord, PersonRecord, Record
from rollout.incidents.cut_rules import is_ended
from rollout.incidents.ends import End, end_of
from rollout.incidents.named_stops import homes_of
from rollout.levels import Level
from rollout.model.cohort import Cohort, Incident
from rollout.model.errors import dotted
from rollout.model.rollout import Rollout
from rollout.model.times import latest


class Kind(StrEnum):
    FORGOTTEN = "forgotten"
    SINCE_MOVED = "since moved"
    LOGS_NOT_RETIRED = "logs not retired"
    END_FORGOTTEN = "end forgotten"


@dataclass(frozen=True, kw_only=True)
class Stale:
    """Of a cohort, or of its member `email` alone. `line`: what is wrong, where, and what to do."""

    kind: Kind
    cohort: str
    email: str | None
    line: str


def stale(record: Record, rollout: Rollout) -> list[Stale]:
    """What an update of `rollout` is refused for, in the order of the cohorts' names.

    Whom the file takes access from is never a reason. A cut may be ended: by `sessions_valid_from` at or after the time
    on record, which is what a resume by `rollout set-level` writes. Somebody who was stopped alone is looked for in
    whatever cohort the file has them; who is in none stays denied, and is no mistake (`rollout.incidents.cut_rules`).
    """
    return [*_stale(record, rollout), *_ends(record, rollout), *_renamed(record, rollout)]


def _stale(record: Record, rollout: Rollout) -> Iterator[Stale]:
    homes, told = homes_of(rollout), set[str]()
    for name, known in sorted(record.cohorts.items()):
        declared = rollout.declared.get(name)
        if declared:
            yield from _of_cohort(name, known, declared)
        elif known.is_deployed and name not in rollout.logs.retired:
            yield _not_retired(name, rollout)
        for email, person in sorted(known.people.items()):
            home = homes.get(email)
            if not home:
                continue
            if found := list(_of_person(home, email, person, rollout.declared[home])):
                yield from found if email not in told else ()
                told.add(email)
            elif known.is_cut and home != name and not person.left and email not in told:
                yield from _of_moved(name, known, home, email, rollout.declared[home])


def _ends(record: Record, rollout: Rollout) -> Iterator[Stale]:
    """Access that ends on record, and by this file later or never. Who was taken out and comes back begins anew."""
    homes = homes_of(rollout)
    for name, known in sorted(record.cohorts.items()):
        if declared := rollout.declared.get(name):
            said = End(until=declared.until, extended=declared.extended)
            if said.forgets(end_of(known)):
                yield _end_forgotten(("cohorts", name), name, None, said, end_of(known))
        for email, person in sorted(known.people.items()):
            home = homes.get(email)
            if home is None or person.left:
                continue
            there = rollout.declared[home]
            said = End(until=there.holders[email].until, extended=there.extended_of(email))
            if said.forgets(end_of(person)):
                path = ("cohorts", home, there.holders_key, email)
                yield _end_forgotten(path, home, email, said, end_of(person))


def _renamed(record: Record, rollout: Rollout) -> Iterator[Stale]:
    """A machine under another name than the one that was cut, or that ends: to IAM the name is who it is, and the same
    workflow or role would sign in under the new one."""
    known = [
        (name, cohort, called, machine)
        for name, cohort in sorted(record.cohorts.items())
        for called, machine in sorted(cohort.people.items())
        if machine.identity and not machine.left
    ]
    for home, declared in sorted(rollout.declared.items()):
        for name, machine in sorted(declared.machines.items()):
            for was, cohort, called, person in known:
                if called == name or person.identity != machine.identity:
                    continue
                yield from _of_renamed(home, name, declared, called, person)
                if cohort.is_cut and was != home and not person.is_cut:
                    yield from _of_moved(was, cohort, home, name, declared)
                said = End(until=declared.end_of(name), extended=declared.extended_of(name))
                if said.forgets(end_of(person)):
                    path = ("cohorts", home, "machines", name)
                    yield _end_forgotten(path, home, name, said, end_of(person))


def _of_renamed(home: str, name: str, declared: Cohort, called: str, person: PersonRecord) -> Iterator[Stale]:
    lets_in = not declared.level_of(name).is_cut
    if person.is_cut and lets_in and not is_ended(person, declared.machines[name].sessions_valid_from):
        path, level = f"cohorts.{home}.machines.{name}", person.level or Level.SUSPENDED
        found = _forgotten(path, home, name, level, person)
        yield replace(found, line=found.line.replace("has it at", f"knows it as {called}, and has it at"))


def _end_forgotten(path: tuple[str, ...], name: str, email: str | None, said: End, known: End) -> Stale:
    known_end = _text(known.until) if known.until else "no time"
    file = f"this file says {_text(said.until)}" if said.until else "this file has no end"
    since = f" later than {_text(known.newest)}" if known.newest else ""
    text = (
        f"{dotted((*path, 'until'))}: the stack has it end at {known_end}, and {file}; take the newest file, or, where "
        f"it is to last longer, `rollout set-until {email or name}`, which writes `extended:` with a time{since}"
    )
    return Stale(kind=Kind.END_FORGOTTEN, cohort=name, email=email, line=text)


def _of_cohort(name: str, known: CohortRecord, declared: Cohort) -> Iterator[Stale]:
    path = f"cohorts.{name}"
    lets_in = not declared.level.is_cut
    if known.is_cut and lets_in and not is_ended(known, declared.sessions_valid_from):
        yield _forgotten(path, name, None, known.level, known)
    yield from _since_moved(path, name, None, known, declared.incident if not lets_in else None)


def _of_person(name: str, email: str, person: PersonRecord, declared: Cohort) -> Iterator[Stale]:
    path = f"cohorts.{name}.{declared.holders_key}.{email}"
    lets_in = not declared.level_of(email).is_cut
    member = declared.holders[email]
    if person.is_cut and lets_in and not is_ended(person, member.sessions_valid_from):
        yield _forgotten(path, name, email, person.level or Level.SUSPENDED, person)
    yield from _since_moved(path, name, email, person, member.incident if not lets_in else None)


def _of_moved(name: str, known: CohortRecord, home: str, email: str, declared: Cohort) -> Iterator[Stale]:
    """Who was cut with their whole cohort does not come back by way of another, under whatever name."""
    lets_in = not declared.level_of(email).is_cut
    if lets_in and not is_ended(known, declared.holders[email].sessions_valid_from):
        found = _forgotten(f"cohorts.{home}.{declared.holders_key}.{email}", home, email, known.level, known)
        yield replace(found, line=found.line.replace("has it at", f"has cohort {name}, where they were, at"))


def _since_moved(
    path: str, name: str, email: str | None, known: CohortRecord | PersonRecord, incident: Incident | None
) -> Iterator[Stale]:
    """An earlier begin takes away more; a later one would say that less was stolen than was."""
    if incident and known.since and known.incident == incident.id and incident.since > known.since:
        text = (
            f"{path}.incident.since: {incident.id} began at {_text(known.since)} on record, and this file says "
            f"{_text(incident.since)}; write the former, or give another incident another id"
        )
        yield Stale(kind=Kind.SINCE_MOVED, cohort=name, email=email, line=text)


def _forgotten(path: str, name: str, email: str | None, level: Level, cut: CohortRecord | PersonRecord) -> Stale:
    dead, least = cut.dead_before, latest(cut.dead_before, cut.ended_by and cut.ended_by + timedelta(seconds=1))
    at = _text(least) if least else "the time at which it is given back"
    since = f", sessions from before {_text(dead)} dead" if dead else ""
    text = (
        f"{path}: the stack has it at {level}{since}, and this file does not know; "
        f"take the newest file, or write `sessions_valid_from: {at}` there if access is to be given back"
    )
    return Stale(kind=Kind.FORGOTTEN, cohort=name, email=email, line=text)


def _not_retired(name: str, rollout: Rollout) -> Stale:
    retired = ", ".join(sorted({*rollout.logs.retired, name}))
    gone = "planned in this file" if name in rollout.cohorts else "not in this file"
    text = (
        f"cohorts.{name}: deployed, and {gone}: its logs cannot be deleted; put it back, or keep them by "
        f"`logs: {{retired: [{retired}]}}`, as `rollout set-level {name} planned` does"
    )
    return Stale(kind=Kind.LOGS_NOT_RETIRED, cohort=name, email=None, line=text)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
