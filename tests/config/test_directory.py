"""Members and Okta's directory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from rollout.model.rollout import Federation, Rollout
from rollout.people import directory
from rollout.people.directory import Person
from rollout.stack_file.load import load
from tests import stacks

ALICE, GRACE = "alice.chen@acme.example", "grace.liu@acme.example"
INCIDENT = {"id": "INC-1", "since": "2026-11-22T10:00:00Z", "reason": "lost laptop"}


def rollout(**changes: object) -> Rollout:
    return load(stacks.config({**stacks.small(), **changes}), stacks.COMPANY, datetime(2026, 11, 23, tzinfo=UTC))


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
            assert directory.by_email(found).people[ALICE].id == f"00u{living}"


def admin(status: str = "ACTIVE", number: int = 9) -> Person:
    return Person(f"00u{number}", ALICE, f"adm-{ALICE}", status)


@pytest.mark.parametrize("other", ["ACTIVE", "SUSPENDED", "STAGED", "LOCKED_OUT", "PROVISIONED", "PASSWORD_EXPIRED"])
@pytest.mark.parametrize("number", [0, 9])
def test_of_several_living_accounts_the_one_whose_login_is_the_address_is_the_persons(other: str, number: int) -> None:
    own = Person("00u5", ALICE.title(), ALICE, "ACTIVE")
    found = directory.by_email([admin(other, number), own])
    assert found.people[ALICE] == own
    assert not found.namesakes
    assert set(directory.session_names(rollout(), found)[ALICE]) == {ALICE, f"adm-{ALICE}"}


@pytest.mark.parametrize("status", ["SUSPENDED", "STAGED", "LOCKED_OUT"])
def test_an_account_that_is_not_active_never_stands_for_an_active_one(status: str) -> None:
    found = directory.by_email([admin(), Person("00u5", ALICE, ALICE, status), person(GRACE)])
    assert ALICE not in found.people
    [mistake] = directory.unknown_people(rollout(), found)
    assert mistake.line({}) == (
        f"cohorts.pilot.members.{ALICE}: several accounts in acme.okta.com have this e-mail address: adm-{ALICE} (active) "
        f"and {ALICE} ({status.lower()}); give it to one of them alone, or make it that one's login"
    )
    assert list(directory.user_ids([ALICE, GRACE], found)) == [GRACE]


def test_two_accounts_of_one_address_neither_of_whose_logins_it_is_are_refused_by_both_names() -> None:
    found = directory.by_email([person(ALICE, number=3), admin(), person(GRACE)])
    [mistake] = directory.unknown_people(rollout(), found)
    assert f"adm-{ALICE} (active) and login.{ALICE} (active)" in mistake.text


def test_somebody_deactivated_is_named_and_put_in_no_group() -> None:
    people = directory.by_email([person(ALICE, "DEPROVISIONED"), person(GRACE)])
    [mistake] = directory.unknown_people(rollout(), people)
    assert mistake.line({}) == f"cohorts.pilot.members.{ALICE}: deprovisioned in acme.okta.com; take the member out"
    assert directory.user_ids([ALICE, GRACE], people) == {GRACE: "00u1"}
    assert directory.user_ids([ALICE, GRACE], None) == {}


@pytest.mark.parametrize("login", ["o'brien@acme.example", "x" * 65, "a", "*"])
def test_a_login_that_aws_takes_as_no_sessions_name_is_named(login: str) -> None:
    people = directory.by_email([replace(person(ALICE), login=login), person(GRACE)])
    [mistake] = directory.unknown_people(rollout(), people)
    assert mistake.line({}) == (
        f"cohorts.pilot.members.{ALICE}: signs in to acme.okta.com as {login}, which AWS takes as no session's name "
        "(2 to 64 letters, digits and _+=,.@-); change the login, or take the member out"
    )
    assert directory.unknown_people(rollout(federation=Federation.OIDC.value), people) == []


def test_sessions_are_called_what_okta_signs() -> None:
    assert directory.session_name(rollout(), person(ALICE)) == f"login.{ALICE}"
    assert directory.session_name(rollout(federation=Federation.OIDC.value), person(ALICE)) == "00u1"


ALICES, GRACES = person(ALICE, number=1), person(GRACE, number=2)
MALLORYS = person("Mallory@acme.example", number=3)
BOTH = {ALICE: "00u1", GRACE: "00u2"}


def test_nobody_else_may_be_in_a_group_that_gives_a_role() -> None:
    assert directory.group_mistakes(rollout(), "pilot", "g", BOTH, [GRACES, MALLORYS]) == [
        f"cohorts.pilot: missing from the Okta group g: {ALICE}",
        "cohorts.pilot: in the Okta group g but not to be: mallory@acme.example",
    ]


def test_another_account_of_a_members_address_is_not_the_member() -> None:
    assert directory.group_mistakes(rollout(), "pilot", "g", BOTH, [admin(), GRACES]) == [
        f"cohorts.pilot: missing from the Okta group g: {ALICE}",
        f"cohorts.pilot: in the Okta group g but not to be: adm-{ALICE} (another account of {ALICE})",
    ]


def test_the_umbrella_group_may_hold_strangers_but_nobody_who_is_stopped() -> None:
    cohorts = stacks.small()["cohorts"]
    cohorts["pilot"]["members"][GRACE] |= {"level": "suspended", "incident": INCIDENT}
    stopped, should = rollout(cohorts=cohorts), {"pilot": {ALICE: "00u1"}}
    assert directory.umbrella_mistakes(stopped, should, [GRACES, MALLORYS]) == [
        f"cohorts.pilot: missing from the Okta group Claude-Code-Users: {ALICE}",
        f"cohorts.pilot: in the Okta group Claude-Code-Users but not to be; take them out in Okta: {GRACE}",
    ]
    assert directory.umbrella_mistakes(stopped, should, [ALICES, MALLORYS]) == []


def test_of_a_cohort_that_is_rolled_back_only_strangers_are_extra_since_its_people_are_taken_out_later() -> None:
    cohorts = stacks.small()["cohorts"]
    cohorts["pilot"] |= {"level": "rolled_back", "incident": INCIDENT}
    gone = rollout(cohorts=cohorts)
    assert directory.group_mistakes(gone, "pilot", "g", {}, [ALICES, MALLORYS]) == [
        "cohorts.pilot: in the Okta group g but not to be: mallory@acme.example"
    ]
    assert directory.umbrella_mistakes(gone, {"pilot": {}}, [ALICES, GRACES]) == []


def test_somebody_stopped_in_one_cohort_may_have_moved_to_another() -> None:
    cohorts = stacks.small()["cohorts"]
    moved = rollout(
        cohorts={
            "old": {**cohorts["pilot"], "level": "suspended", "incident": INCIDENT},
            "new": {**cohorts["pilot"], "members": {ALICE: cohorts["pilot"]["members"][ALICE]}},
        }
    )
    assert directory.umbrella_mistakes(moved, {"old": {}, "new": {ALICE: "00u1"}}, [ALICES]) == []
