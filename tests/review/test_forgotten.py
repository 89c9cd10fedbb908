"""An update from a file that does not know of an incident would give access back unasked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.config import Rollout
from rollout.forgotten import forgotten, on_record
from tests.review.changes import ALICE, INCIDENT, Document, alice, changed, pilot

SINCE = datetime.fromisoformat(INCIDENT["since"])
SOON, LATER = SINCE + timedelta(hours=1), SINCE + timedelta(days=3)


def record(known: Rollout) -> dict[str, Any]:
    return {name: {"level": cohort.level.value, **on_record(cohort)} for name, cohort in known.cohorts.items()}


SUSPENDED = {"level": "suspended", "incident": INCIDENT}
RESUMED = {"level": "active", "sessions_valid_from": INCIDENT["since"]}


def without_alice(**fields: Any) -> Rollout:
    return changed(lambda document: document["cohorts"]["pilot"]["members"].pop(ALICE), pilot(**fields))


def moved(**fields: Any) -> Rollout:
    def move(document: Document) -> None:
        person = document["cohorts"]["pilot"]["members"].pop(ALICE)
        models = document["cohorts"]["pilot"]["models"]
        document["cohorts"]["other"] = {"level": "active", "models": models, "members": {ALICE: {**person, **fields}}}

    return changed(move)


@pytest.mark.parametrize("level", ["suspended", "rolled_back"])
@pytest.mark.parametrize("now", [SOON, LATER])
def test_a_file_from_before_the_incident_is_told_what_it_forgot(level: str, now: datetime) -> None:
    known = record(changed(pilot(level=level, incident=INCIDENT)))
    [found] = forgotten(known, changed().cohorts, now)
    at = SINCE.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found.line.startswith(f"cohorts.pilot: the stack has it at {level}, sessions from before {at} dead")
    assert f"write `sessions_valid_from: {at}`" in found.line
    assert not list(forgotten(known, changed(pilot(level="active", sessions_valid_from=at)).cohorts, now))


def test_a_member_who_is_stopped_alone_is_not_forgotten_either() -> None:
    known = record(changed(alice(**SUSPENDED)))
    [found] = forgotten(known, changed().cohorts, LATER)
    assert found.line.startswith(f"cohorts.pilot.members.{ALICE}: the stack has it at suspended")
    assert not list(forgotten(known, changed(alice(**SUSPENDED)).cohorts, LATER))
    assert not list(forgotten(known, changed(pilot(**RESUMED)).cohorts, LATER))


def test_somebody_who_was_stopped_alone_is_not_taken_out_while_a_session_of_theirs_could_live() -> None:
    known = record(changed(alice(**SUSPENDED)))
    [found] = forgotten(known, without_alice().cohorts, SOON)
    at = SINCE.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found.line.startswith(f"cohorts.pilot.members.{ALICE}: the stack has it at suspended")
    assert "has taken it out: they would live again" in found.line
    assert f"write `sessions_valid_from: {at}` in cohorts.pilot," in found.line
    assert not list(forgotten(known, without_alice().cohorts, LATER))
    assert not list(forgotten(known, without_alice(sessions_valid_from=at).cohorts, SOON))
    assert not list(forgotten(known, without_alice(**SUSPENDED).cohorts, SOON))


def test_somebody_who_was_stopped_alone_is_known_in_the_cohort_they_are_moved_to() -> None:
    known = record(changed(alice(**SUSPENDED)))
    [found] = forgotten(known, moved().cohorts, LATER)
    assert (found.cohort, found.email, found.taken_out) == ("other", ALICE, False)
    assert not list(forgotten(known, moved(**SUSPENDED).cohorts, LATER))
    [left] = forgotten(known, moved(**SUSPENDED).cohorts, SOON)
    assert (left.cohort, left.email, left.taken_out) == ("pilot", ALICE, True)


def test_whoever_takes_access_away_is_never_kept_from_it() -> None:
    known = record(changed(pilot(**SUSPENDED)))
    earlier = {**INCIDENT, "since": (SINCE - timedelta(days=1)).isoformat()}
    for keys in ({"level": "suspended", "incident": earlier}, {"level": "rolled_back", "incident": earlier}):
        assert not list(forgotten(known, changed(pilot(**keys)).cohorts, SOON))
    assert not list(forgotten(known, {}, SOON))


def test_a_resume_that_is_tidied_away_is_missed_only_while_a_session_could_be_that_old() -> None:
    known, tidy = record(changed(pilot(**RESUMED))), changed().cohorts
    assert len(list(forgotten(known, tidy, SOON))) == 1
    assert not list(forgotten(known, tidy, LATER))


def test_a_stack_that_was_never_updated_has_nothing_on_record() -> None:
    assert not list(forgotten({}, changed(pilot(**RESUMED)).cohorts, SOON))
    assert record(changed()) == {"pilot": {"level": "active"}}
