"""What changed between two standings of a cohort, and who is affected."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rollout.incidents.cohort_state import Change, Standing, changes
from rollout.levels import Level

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00+00:00", "reason": "key in a commit"}
PEOPLE: dict[str, Any] = {
    "alice.chen@acme.example": {"name": "Alice Chen", "manager": "lead@acme.example"},
    "bob.kim@acme.example": {"name": "Bob Kim"},
}
ALICE, BOB = PEOPLE


def standing(level: str, members: dict[str, Any] | None = None, removed: tuple[str, ...] = ()) -> Standing:
    above = Level(level).needs_incident
    listed = members if members is not None else PEOPLE if above else {}
    found = {"cohort": "pilot", "level": level, "members": listed, "removed": list(removed)}
    return Standing.read({**found, **({"incident": INCIDENT} if above else {})})


def between(before: Standing | None, after: Standing, version: int = 1) -> list[Change]:
    return changes(before, after, version, AT)


@pytest.mark.parametrize("level", ["active", "restricted", "throttled", "suspended", "rolled_back"])
def test_the_same_standing_again_is_no_change(level: str) -> None:
    assert between(standing(level), standing(level)) == []


def test_a_cohorts_new_level_reaches_everybody_in_it() -> None:
    [change] = between(standing("active"), standing("suspended"))
    assert (change.subject, change.before, change.after) == (None, Level.ACTIVE, Level.SUSPENDED)
    assert list(change.people) == [ALICE, BOB]
    assert change.incident == INCIDENT


def test_back_to_active_reaches_those_who_were_stopped_and_still_knows_the_incident() -> None:
    [change] = between(standing("suspended"), standing("active"))
    assert list(change.people) == [ALICE, BOB]
    assert change.incident == INCIDENT


def test_who_was_stopped_alone_is_not_told_again_when_the_cohort_follows() -> None:
    alone = {ALICE: {**PEOPLE[ALICE], "level": "suspended", "incident": INCIDENT}}
    [change] = between(standing("active", alone), standing("suspended", {**PEOPLE, **alone}))
    assert list(change.people) == [BOB]


def test_one_person_stopped_alone_is_a_change_of_theirs_and_not_of_the_cohort() -> None:
    alone = {ALICE: {**PEOPLE[ALICE], "level": "suspended", "incident": INCIDENT}}
    [down] = between(standing("active"), standing("active", alone))
    assert (down.subject, down.before, down.after, down.incident) == (ALICE, Level.ACTIVE, Level.SUSPENDED, INCIDENT)
    [back] = between(standing("active", alone), standing("active"))
    assert (back.subject, back.before, back.after, back.incident) == (ALICE, Level.SUSPENDED, Level.ACTIVE, INCIDENT)


def test_who_was_stopped_and_is_taken_out_is_removed_and_not_let_in_again() -> None:
    alone = {ALICE: {**PEOPLE[ALICE], "level": "suspended", "incident": INCIDENT}}
    [change] = between(standing("active", alone), standing("active", removed=(ALICE,)))
    assert (change.subject, change.removed, change.after) == (ALICE, True, Level.PLANNED)
    assert between(standing("active", removed=(ALICE,)), standing("active", removed=(ALICE,))) == []


def test_who_is_taken_out_in_the_update_that_ends_the_incident_is_not_among_those_who_are_let_in() -> None:
    ended, gone = between(standing("suspended"), standing("active", removed=(ALICE,)))
    assert (list(ended.people), ended.removed) == ([BOB], False)
    assert (list(gone.people), gone.removed, gone.incident) == ([ALICE], True, INCIDENT)


def test_who_had_access_and_is_taken_out_is_announced_to_nobody() -> None:
    assert between(standing("active"), standing("active", removed=(ALICE,))) == []


def test_who_joins_a_stopped_cohort_lost_nothing() -> None:
    later = {**PEOPLE, "eve@acme.example": {"name": "Eve"}}
    assert between(standing("suspended"), standing("suspended", later)) == []
    [change] = between(standing("restricted"), standing("suspended", later))
    assert list(change.people) == [ALICE, BOB]


def test_a_change_made_twice_over_time_is_two_changes_and_one_repeated_is_one() -> None:
    [first] = between(standing("active"), standing("suspended"), version=1)
    [again] = between(standing("active"), standing("suspended"), version=1)
    [later] = between(standing("active"), standing("suspended"), version=3)
    assert first.id == again.id != later.id


def test_a_standing_of_another_version_can_be_read() -> None:
    later = {
        "cohort": "pilot",
        "level": "active",
        "members": {ALICE: {"name": "Alice", "shoe_size": 38}},
        "mood": "good",
    }
    assert Standing.read(later).members[ALICE].name == "Alice"
