"""A plan held against what is deployed says of people, levels, models and cost what a pull request's comment says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from rollout.incidents.cut_record import Record, read
from rollout.incidents.cut_rules import advance
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.review.deployed import ANOTHER_SOURCE, NO_TEAM, changes
from rollout.review.diff import Access, Diff, diff
from tests.review.changes import ALICE, INCIDENT, Document, alice, changed, pilot

NOW = datetime.fromisoformat(INCIDENT["since"]).astimezone(UTC)


def record(file: Rollout) -> Record:
    return read(advance(Record(), file, None, NOW).document())


def without_alice(document: Document) -> None:
    del document["cohorts"]["pilot"]["members"][ALICE]


def wave2(document: Document) -> None:
    member = {"ravi.menon@acme.example": {"name": "Ravi Menon", "team": "backend"}}
    document["cohorts"]["wave2"] = {"level": "active", "models": ["haiku"], "members": member}


def no_sonnet(document: Document) -> None:
    document["cohorts"]["pilot"]["models"] = ["haiku"]


FILES: dict[str, Rollout] = {
    "as it was": changed(),
    "a person less": changed(without_alice),
    "a cohort more": changed(wave2),
    "a model less": changed(no_sonnet),
    "restricted": changed(pilot(level="restricted", incident=INCIDENT)),
    "throttled": changed(pilot(level="throttled", incident=INCIDENT)),
    "suspended": changed(pilot(level="suspended", incident=INCIDENT)),
    "one suspended": changed(alice(level="suspended", incident=INCIDENT)),
    "rolled back": changed(pilot(level="rolled_back", incident=INCIDENT)),
    "planned": changed(pilot(level="planned"), lambda document: document.update(logs={"retired": ["pilot"]})),
}


def essence(found: Diff) -> Any:
    """What both know. A record has nobody's name and team, no words of an incident that is over, and no cohort that was
    only ever planned."""
    people = [(each.email, _access(each.before), _access(each.after)) for each in found.people]
    levels = [replace(each, incident=None, is_new=False) for each in found.levels]
    return people, levels, found.models, found.before, found.after


def _access(found: Access | None) -> Any:
    return found and (found.cohort, found.level, set(found.models))


def test_a_cohort_that_never_was_is_new_and_one_that_was_taken_away_is_planned() -> None:
    [change] = changes(record(FILES["as it was"]), FILES["a cohort more"]).levels
    assert (change.cohort, change.is_new) == ("wave2", True)
    taken_away = advance(record(FILES["as it was"]), FILES["planned"], None, NOW)
    [change] = changes(taken_away, FILES["as it was"]).levels
    assert (change.before, change.is_new) == (Level.PLANNED, False)


@pytest.mark.parametrize(("before", "after"), [*permutations(FILES, 2)])
def test_it_says_what_the_comment_says(before: str, after: str) -> None:
    base, head = FILES[before], FILES[after]
    assert essence(changes(record(base), head)) == essence(diff(base, head))


@pytest.mark.parametrize("file", FILES)
def test_what_is_deployed_as_the_file_says_is_no_change(file: str) -> None:
    assert changes(record(FILES[file]), FILES[file]).is_empty


def test_on_an_empty_stack_everybody_is_new() -> None:
    assert essence(changes(Record(), changed()))[:3] == essence(diff(None, changed()))[:3]


def test_a_file_that_lacks_the_line_below_which_sessions_are_dead_revives_none() -> None:
    """The record holds it, whatever the file says."""
    known = record(changed(pilot(level="suspended", incident=INCIDENT)))
    resumed = changed(pilot(level="active", sessions_valid_from="2026-11-24T00:00:00Z"))
    assert [each.revives for each in changes(known, resumed).sessions] == [False]
    cohort = replace(known.cohorts["pilot"], level=changed().cohorts["pilot"].level)
    assert changes(replace(known, cohorts={"pilot": cohort}), changed()).sessions == ()


def test_a_profile_copied_from_another_source_is_another_profile() -> None:
    def newer(document: Document) -> None:
        document["models"]["haiku"]["source"] = "global.anthropic.claude-haiku-4-5-20251001-v1:0"

    [found] = changes(record(changed()), changed(newer)).models
    assert (found.label, found.before) == ("haiku", ANOTHER_SOURCE)


def test_who_left_with_the_last_update_is_no_change() -> None:
    gone = FILES["a person less"]
    known = read(advance(record(changed()), gone, None, NOW).document())
    assert known.cohorts["pilot"].people[ALICE].left
    assert changes(known, gone).is_empty


def test_who_is_named_no_more_is_known_by_their_address() -> None:
    [person] = changes(record(changed()), changed(without_alice)).people
    assert (person.email, person.name, person.team) == (ALICE, ALICE, NO_TEAM)


def test_settings_are_left_to_the_engine() -> None:
    other: Callable[[Document], None] = lambda document: document.update(session_minutes=30)  # noqa: E731
    assert changes(record(changed()), changed(other)).settings == {}


def test_a_plan_says_that_somebody_loses_what_they_had_once_their_end_has_passed_and_once_alone() -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    deployed = read(advance(Record(), changed(alice(until=end.isoformat())), {}, NOW).document())
    file = changed(alice(until=end.isoformat())).as_of(end)
    [lost] = changes(deployed, file).people
    assert (lost.email, set(lost.lost), lost.gained) == (ALICE, {"sonnet", "haiku"}, ())
    then = read(advance(deployed, file, {}, NOW).document())
    assert changes(then, file).people == ()
