"""What a stack file changes of what is deployed, by the stack's own record: what a plan says to whoever is to run it.

The judgement is the pull request's (`rollout.review.diff`); only what it is held against comes from elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from rollout import names
from rollout.incidents.cut_record import CohortRecord, PersonRecord, Record
from rollout.levels import Level
from rollout.model.cohort import Cohort, Machine, Member
from rollout.model.rollout import Rollout
from rollout.review.diff import Diff, ModelChange, diff

# Of somebody whom the stack file names no more, and of a profile whose source it says no more.
NO_TEAM, ANOTHER_SOURCE = "unknown", "another source"


def changes(record: Record, head: Rollout) -> Diff:
    """`record`: as the last update left it. Of settings, and of what is said of people, it holds nothing: those are in
    the engine's plan."""
    found = diff(_deployed(record, head), head)
    return replace(found, settings={}, members={}, models=tuple(_models(record, head)))


def _there(record: Record) -> Mapping[str, CohortRecord]:
    return {name: each for name, each in sorted(record.cohorts.items()) if each.is_deployed}


def _deployed(record: Record, head: Rollout) -> Rollout:
    there = _there(record)
    planned = {name: cohort for name, cohort in head.cohorts.items() if not cohort.level.effects.group}
    known = {email: each for cohort in head.cohorts.values() for email, each in cohort.holders.items()}
    cohorts = {name: _cohort(each, head.cohorts.get(name), known, head) for name, each in there.items()}
    # A cohort on record that is not deployed is none that never was.
    known_before = {
        name: head.cohorts[name].model_copy(update={"level": Level.PLANNED, "members": {}, "incident": None})
        for name in record.cohorts.keys() & head.cohorts.keys()
    }
    return head.model_copy(update={"cohorts": {**known_before, **planned, **cohorts}})


def _cohort(was: CohortRecord, head: Cohort | None, known: Mapping[str, Member | Machine], rollout: Rollout) -> Cohort:
    """With what the record does not have, such as names and teams, as the stack file has it now."""
    people = {email: each for email, each in was.people.items() if not each.left}
    deployed: dict[str, Any] = {
        "level": was.level,
        "models": tuple(was.profiles) or (head.models if head else tuple(rollout.models)),
        "members": {},
        "machines": {},
        _key(people): {email: _holder(email, each, head, known) for email, each in people.items()},
        "incident": None,
        "sessions_valid_from": _earlier(was.dead_before, head.valid_from() if head else None),
        "until": was.until,
    }
    if not head:
        return Cohort.model_construct(**deployed)
    # Whose end has passed is let in by Okta until an update takes them out.
    out = [email for email in head.ended if email not in was.umbrella]
    return head.model_copy(update=deployed).having_ended(out)


def _key(holders: Iterable[str]) -> str:
    return "machines" if any(map(names.MACHINE.fullmatch, holders)) else "members"


def _holder(
    email: str, was: PersonRecord, head: Cohort | None, known: Mapping[str, Member | Machine]
) -> Member | Machine:
    is_here = head is not None and email in head.holders
    found = known.get(email) or _unknown(email)
    now = head.member_valid_from(email) if head is not None and is_here else None
    line = _earlier(was.dead_before, now)
    deployed = {"level": was.level, "incident": None, "sessions_valid_from": line, "until": was.until}
    return found.model_copy(update=deployed)


def _unknown(holder: str) -> Member | Machine:
    """Whom the stack file names no more."""
    if names.MACHINE.fullmatch(holder):
        return Machine.model_construct(team=NO_TEAM, owner=holder)
    return Member(name=holder, team=NO_TEAM)


def _earlier(recorded: datetime | None, said: datetime | None) -> datetime | None:
    """The line below which sessions are dead only rises, whatever a file says: one that says less changes nothing."""
    return said if recorded is not None and (said is None or said <= recorded) else recorded


def _models(record: Record, head: Rollout) -> Iterator[ModelChange]:
    """The record has the digest of what each profile is copied from."""
    there = _there(record)
    for name in sorted({*there, *head.declared}):
        before: Mapping[str, str] = there[name].profiles if name in there else {}
        cohort = head.declared.get(name)
        after = cohort.models if cohort and cohort.level.effects.role else ()
        for label in sorted({*before, *after}):
            source = head.models[label].source if label in head.models else None
            is_same = source is not None and before.get(label) == names.source_digest(source)
            was = None if label not in before else source if is_same else ANOTHER_SOURCE
            now = source if label in after else None
            if was != now:
                yield ModelChange(cohort=name, label=label, before=was, after=now)
