"""Access with an end: whom IAM denies from which second on, judged by others' evaluator, with no update in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.iam_limits import INLINE_CHARACTERS, characters
from rollout.incidents.cut_record import NAME, Record, read
from tests import recording, stacks
from tests.authority.evaluator import Request, verdicts
from tests.authority.roles import boundary, policies
from tests.recording import ACCOUNT
from tests.registrations import Recorded

ALICE, GRACE = "alice.chen@acme.example", "grace.liu@acme.example"
LAST_DAY = "2098-12-31"
LAST, END = "2098-12-31T23:59:59Z", "2099-01-01T00:00:00Z"
NEXT_YEAR = "2100-01-01T00:00:00Z"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}


def document(*, federation: str = "saml", cohort: dict[str, Any] | None = None, **member: Any) -> dict[str, Any]:
    made = stacks.small()
    made["cohorts"]["pilot"] |= cohort or {}
    made["cohorts"]["pilot"]["members"][ALICE] |= member
    return {**made, "federation": federation}


def session(email: str, federation: str) -> str:
    return email if federation == "saml" else recording.okta_user_id(email)


def ask(run: Recorded, name: str, at: str, cohort: str = "pilot", label: str = "haiku") -> Request:
    """Of a session that is five minutes old."""
    issued = datetime.fromisoformat(at) - timedelta(minutes=5)
    return Request(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/claude-code-{cohort}/{name}",
        "bedrock:InvokeModelWithResponseStream",
        run.cohorts[cohort]["profile_arns"][label],
        {"aws:CurrentTime": at, "aws:TokenIssueTime": issued.isoformat(), "aws:userid": f"AROAEXAMPLE:{name}"},
        policies(run, cohort),
        boundary=boundary(run, cohort),
    )


def kept(run: Recorded) -> Record:
    """The record as that update left it in the state."""
    return read(run.one(NAME).inputs["input"])


def may(run: Recorded, name: str, *times: str, cohort: str = "pilot") -> list[bool]:
    return verdicts([ask(run, name, at, cohort) for at in times])


@pytest.mark.parametrize("federation", ["saml", "oidc"])
def test_a_member_may_in_the_last_second_and_not_in_the_next_and_others_go_on(federation: str) -> None:
    run = recording.run(stacks.config(document(federation=federation, until=LAST_DAY)))
    assert may(run, session(ALICE, federation), LAST, END, NEXT_YEAR) == [True, False, False]
    assert may(run, session(GRACE, federation), LAST, END, NEXT_YEAR) == [True, True, True]


@pytest.mark.parametrize("federation", ["saml", "oidc"])
def test_a_cohort_may_in_the_last_second_and_not_in_the_next_whoever_it_is(federation: str) -> None:
    run = recording.run(stacks.config(document(federation=federation, cohort={"until": LAST_DAY})))
    for name in (session(ALICE, federation), session(GRACE, federation), "nobody-knows@acme.example"):
        assert may(run, name, LAST, END, NEXT_YEAR) == [True, False, False]


def test_of_a_members_end_and_the_cohorts_the_earlier_is_in_force() -> None:
    run = recording.run(stacks.config(document(cohort={"until": "2099-06-30"}, until=LAST_DAY)))
    assert may(run, ALICE, LAST, END) == [True, False]
    assert may(run, GRACE, END, "2099-06-30T23:59:59Z", "2099-07-01T00:00:00Z") == [True, True, False]
    later = recording.run(stacks.config(document(cohort={"until": LAST_DAY}, until="2099-06-30")))
    assert may(later, ALICE, LAST, END) == [True, False]


def test_a_time_with_its_zone_ends_at_that_second() -> None:
    run = recording.run(stacks.config(document(until="2099-03-31T17:00:00+02:00")))
    assert may(run, ALICE, "2099-03-31T14:59:59Z", "2099-03-31T15:00:00Z") == [True, False]


def test_everything_is_denied_then_and_not_models_alone() -> None:
    run = recording.run(stacks.config(document(until=LAST_DAY)))
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:claude-code-mac-findings"
    asked = [
        Request(one.principal, "sqs:SendMessage", queue, one.context, one.identity, boundary=one.boundary)
        for one in (ask(run, ALICE, LAST), ask(run, ALICE, END))
    ]
    assert verdicts(asked) == [True, False]


@pytest.mark.parametrize("level", ["restricted", "throttled"])
def test_an_end_holds_beside_a_level(level: str) -> None:
    run = recording.run(stacks.config(document(level=level, incident=INCIDENT, until=LAST_DAY)))
    assert may(run, ALICE, LAST, END) == [True, False]
    assert may(run, GRACE, LAST, END) == [True, True]


def test_no_end_of_access_gives_a_suspended_member_anything_before_it() -> None:
    run = recording.run(stacks.config(document(level="suspended", incident=INCIDENT, until=LAST_DAY)))
    assert may(run, ALICE, LAST, END) == [False, False]


def test_who_moved_ends_on_the_role_that_they_left_too() -> None:
    before = document(until=LAST_DAY)
    first = recording.run(stacks.config(before))
    after = document()
    person = after["cohorts"]["pilot"]["members"].pop(ALICE)
    other = {"level": "active", "models": ["haiku"], "members": {ALICE: {**person, "until": LAST_DAY}}}
    after["cohorts"]["other"] = other
    run = recording.run(stacks.config(after), record=kept(first))
    for cohort in ("pilot", "other"):
        assert may(run, ALICE, LAST, END, cohort=cohort) == [True, False]
    assert may(run, GRACE, LAST, END) == [True, True]


def test_many_members_with_many_ends_fit_into_iam() -> None:
    made, people = stacks.small(), 80
    made["cohorts"]["pilot"]["members"] = {
        f"person.number{number:03}@acme.example": {
            "name": "x",
            "team": "backend",
            "until": f"2099-01-{number % 3 + 1:02}",
        }
        for number in range(people)
    }
    run = recording.run(stacks.config(made))
    inline = [
        d for name, d in policies(run, "pilot").items() if not name.startswith(("pilot-access-stop-", "pilot-access-q"))
    ]
    assert sum(map(characters, inline)) <= INLINE_CHARACTERS
    asked = [
        ask(run, f"person.number{number:03}@acme.example", f"2099-01-{number % 3 + 2:02}T00:00:00Z")
        for number in range(people)
    ]
    assert verdicts(asked) == [False] * people
    just = [
        (datetime.fromisoformat(one.context["aws:CurrentTime"]) - timedelta(seconds=1)).astimezone(UTC) for one in asked
    ]
    names = [one.principal.rpartition("/")[2] for one in asked]
    at = [f"{each:%Y-%m-%dT%H:%M:%SZ}" for each in just]
    assert verdicts([ask(run, name, each) for name, each in zip(names, at, strict=True)]) == [True] * people
