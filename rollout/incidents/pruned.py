"""What a record of cuts may forget: sessions that no longer live need no Deny."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from rollout.incidents.cut_record import CohortRecord, PersonRecord
from rollout.model.cohort import Cohort
from rollout.model.rollout import Rollout

# No session of a role outlives it (IAM user guide, maximum session duration).
LONGEST_SESSION = timedelta(hours=12)


def pruned(rollout: Rollout, name: str, cohort: CohortRecord, now: datetime) -> CohortRecord | None:
    """Without what no session can be as old as. Asked only where something else changes anyway. Of a cohort that is
    gone its cut is kept, so that it does not come back unasked."""
    old = now - LONGEST_SESSION
    declared = rollout.declared.get(name)
    if declared is None:
        cut = cohort.is_cut or any(person.is_cut for person in cohort.people.values())
        return cohort if cut or (cohort.absent and cohort.absent >= old) else None
    dead_before = cohort.dead_before
    if dead_before and dead_before < old and not cohort.is_cut:
        dead_before = declared.valid_from()
    people = dict(_people(declared, cohort, old))
    return replace(cohort, dead_before=dead_before, people=people)


def _people(declared: Cohort, cohort: CohortRecord, old: datetime) -> Iterator[tuple[str, PersonRecord]]:
    for email, person in cohort.people.items():
        if person.left:
            # Who left while they were cut does not come back unasked either.
            if person.left >= old or person.is_cut:
                yield email, person
        elif person.dead_before and person.dead_before < old and not person.is_cut:
            yield email, replace(person, dead_before=declared.member_valid_from(email))
        else:
            yield email, person
