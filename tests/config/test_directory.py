"""Members and Okta's directory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rollout import directory
from rollout.config import Federation, Rollout
from rollout.directory import Person
from rollout.load import load
from tests import stacks

ALICE, GRACE = "alice.chen@acme.example", "grace.liu@acme.example"
INCIDENT = {"id": "INC-1", "since": "2026-11-22T10:00:00Z", "reason": "lost laptop"}


def rollout(**changes: object) -> Rollout:
    return load(stacks.config({**stacks.small(), **changes}), stacks.PROJECT, datetime(2026, 11, 23, tzinfo=UTC))


def person(email: str, status: str = "ACTIVE", number: int = 1) -> Person:
    return Person(f"00u{number}", email, f"login.{email}", status)


def test_fifty_people_are_asked_for_at_a_time_each_once() -> None:
    emails = [f"p{number}@acme.example" for number in range(101)]
    found = list(directory.searches([*emails, *emails]))
    assert [search.count(" or ") + 1 for search in found] == [50, 50, 1]
    assert found[2] == 'profile.email eq "p9@acme.example"'


def test_of_two_accounts_of_one_address_the_living_one_counts() -> None:
    for living, dead in ((1, 2), (2, 1)):
        accounts = [person("Alice.Chen@acme.example", number=living), person(ALICE, "DEPROVISIONED", dead)]
        for found in (accounts, accounts[::-1]):
            assert directory.by_email(found)[ALICE].id == f"00u{living}"


def test_somebody_deactivated_is_named_and_put_in_no_group() -> None:
    people = {ALICE: person(ALICE, "DEPROVISIONED"), GRACE: person(GRACE)}
    [mistake] = directory.unknown_people(rollout(), people)
    assert mistake.line({}) == f"cohorts.pilot.members.{ALICE}: deprovisioned in acme.okta.com; take the member out"
    assert directory.user_ids(rollout().cohorts["pilot"], people) == {GRACE: "00u1"}


@pytest.mark.parametrize("login", ["o'brien@acme.example", "x" * 65, "a", "*"])
def test_a_login_that_aws_takes_as_no_sessions_name_is_named(login: str) -> None:
    people = {ALICE: replace(person(ALICE), login=login), GRACE: person(GRACE)}
    [mistake] = directory.unknown_people(rollout(), people)
    assert mistake.line({}) == (
        f"cohorts.pilot.members.{ALICE}: signs in to acme.okta.com as {login}, which AWS takes as no session's name "
        "(2 to 64 letters, digits and _+=,.@-); change the login, or take the member out"
    )
    assert directory.unknown_people(rollout(federation=Federation.OIDC.value), people) == []


def test_sessions_are_called_what_okta_signs() -> None:
    assert directory.session_name(rollout(), ALICE, person(ALICE)) == f"login.{ALICE}"
    assert directory.session_name(rollout(federation=Federation.OIDC.value), ALICE, person(ALICE)) == "00u1"
    assert directory.session_name(rollout(), ALICE, None) == ALICE


def test_nobody_else_may_be_in_a_group_that_gives_a_role() -> None:
    assert directory.group_mistakes(rollout(), "pilot", "g", [ALICE, GRACE], [GRACE, "Mallory@acme.example"]) == [
        f"cohorts.pilot: missing from the Okta group g: {ALICE}",
        "cohorts.pilot: in the Okta group g but not to be: mallory@acme.example",
    ]


def test_the_umbrella_group_may_hold_strangers_but_nobody_who_is_stopped() -> None:
    cohorts = stacks.small()["cohorts"]
    cohorts["pilot"]["members"][GRACE] |= {"level": "suspended", "incident": INCIDENT}
    stopped = rollout(cohorts=cohorts)
    assert directory.umbrella_mistakes(stopped, {"pilot": [ALICE]}, [GRACE.title(), "mallory@acme.example"]) == [
        f"cohorts.pilot: missing from the Okta group Claude-Code-Users: {ALICE}",
        f"cohorts.pilot: in the Okta group Claude-Code-Users but not to be; take them out in Okta: {GRACE}",
    ]
    assert directory.umbrella_mistakes(stopped, {"pilot": [ALICE]}, [ALICE, "mallory@acme.example"]) == []


def test_of_a_cohort_that_is_rolled_back_only_strangers_are_extra_since_its_people_are_taken_out_later() -> None:
    cohorts = stacks.small()["cohorts"]
    cohorts["pilot"] |= {"level": "rolled_back", "incident": INCIDENT}
    gone = rollout(cohorts=cohorts)
    assert directory.group_mistakes(gone, "pilot", "g", [], [ALICE, "mallory@acme.example"]) == [
        "cohorts.pilot: in the Okta group g but not to be: mallory@acme.example"
    ]
    assert directory.umbrella_mistakes(gone, {"pilot": []}, [ALICE, GRACE]) == []


def test_somebody_stopped_in_one_cohort_may_have_moved_to_another() -> None:
    cohorts = stacks.small()["cohorts"]
    moved = rollout(
        cohorts={
            "old": {**cohorts["pilot"], "level": "suspended", "incident": INCIDENT},
            "new": {**cohorts["pilot"], "members": {ALICE: cohorts["pilot"]["members"][ALICE]}},
        }
    )
    assert directory.umbrella_mistakes(moved, {"old": [], "new": [ALICE]}, [ALICE]) == []
