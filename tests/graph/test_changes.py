"""How a change of the stack file changes the resources: only where it should."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout.incidents.cut_record import NAME
from rollout.observability.queries import QUERIES
from tests import recording, stacks
from tests.registrations import Registration
from tests.sampling import fewer

NAMES = st.from_regex(r"[a-z][a-z0-9]{1,15}", fullmatch=True)
METERED = {"meter-function-code", "meter-function-work"}
# What lists the cohorts.
SHOWN = {
    "dashboards-fleet",
    "dashboards-one-cohort",
    *(f"dashboards-{q.title.lower().replace(' ', '-')}" for q in QUERIES if q.source == "usage"),
}
# Whose findings are taken.
REPORTED = {"mac-findings-function-code", "mac-findings-function-work"}
QUICK = settings(max_examples=fewer(15), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def registrations(document: dict[str, Any]) -> dict[str, Registration]:
    return recording.run(stacks.config(document)).by_urn


def cohort(*emails: str, level: str = "active") -> dict[str, Any]:
    members = {email: {"name": email, "team": "backend"} for email in emails}
    return {"level": level, "models": ["haiku", "sonnet"], "members": members}


@pytest.mark.slow
@QUICK
@given(st.lists(NAMES, min_size=1, max_size=4, unique=True))
def test_adding_a_cohort_changes_who_is_counted_and_shown_alone_and_adds_its_own(names: list[str]) -> None:
    document = stacks.small()
    document["cohorts"] = {name: cohort(f"{name}@acme.example") for name in names[1:]}
    before = registrations(document)
    document["cohorts"][names[0]] = cohort("new@acme.example")
    after = registrations(document)
    changed = {before[urn].name for urn in before if after.get(urn) != before[urn]}
    added = set(after) - set(before)
    if not names[1:]:  # where there was none, there is none to choose
        first = {after[urn].name for urn in added} & SHOWN
        assert first == {"dashboards-one-cohort"}
        changed |= first
    assert changed == METERED | REPORTED | SHOWN | {NAME}
    added = {urn for urn in added if after[urn].name not in SHOWN}
    assert added
    assert all(any(f"{made}{names[0]}" in urn for made in ("::", "audit-trail-", "findings-")) for urn in added)


@pytest.mark.slow
@QUICK
@given(st.permutations(["pilot", "wave2", "wave3"]), st.permutations(["a", "b", "c", "d"]))
def test_the_order_of_cohorts_and_members_is_of_no_account(cohorts: list[str], people: list[str]) -> None:
    def document(cohorts: list[str], people: list[str]) -> dict[str, Any]:
        made = stacks.small()
        made["cohorts"] = {name: cohort(*(f"{p}.{name}@acme.example" for p in people)) for name in cohorts}
        return made

    assert registrations(document(cohorts, people)) == registrations(document(sorted(cohorts), sorted(people)))


def test_adding_a_member_changes_the_two_memberships_whom_the_meter_knows_and_who_is_told_of_access() -> None:
    document = stacks.small()
    before = registrations(document)
    document["cohorts"]["pilot"]["members"]["bob.kim@acme.example"] = {"name": "Bob Kim", "team": "backend"}
    after = registrations(document)
    assert set(before) == set(after)
    changed = {after[urn].name for urn in after if after[urn] != before[urn]}
    functions = {"meter-function-code", "mac-findings-function-code", "pilot-announcement-access"}
    assert changed == {"pilot-membership-members", "pilot-membership-umbrella", *functions, NAME}


def test_a_second_run_registers_exactly_the_same() -> None:
    assert registrations(stacks.small()) == registrations(stacks.small())
