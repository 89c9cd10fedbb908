"""What the program registers waits for exactly what `rollout.update_order` says, at each level."""

from __future__ import annotations

import re
from typing import Any

import pytest

from components.steps import Steps
from rollout.incidents.cut_record import NAME
from rollout.levels import Level
from rollout.update_order import CUT, GIFT, Order, Step, order
from tests import recording, stacks
from tests.registrations import Recorded, Registration

ALICE = "alice.chen@acme.example"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
RESUMED = "2026-11-23T12:00:00Z"
# With Macs, and with people whom the meter may stop.
ALL_PLANES: dict[str, Any] = {
    "jamf": {"url": "https://acme.jamfcloud.com", "client_id": "claude-code"},
    "budgets": {"user_daily_stop_usd": 60},
    **stacks.DECRYPTED,
}
GATEWAY = {
    "kind": "litellm",
    "url": "https://claude.acme.example",
    "role_arn": "arn:aws:iam::123456789012:role/claude-gateway",
}
MADE_OF = {
    Step.RECORD: NAME,
    Step.COHORT_DENY: r"pilot-access-stop",
    Step.MEMBER_DENIES: r"pilot-access-stop-\d+(-attached)?",
    Step.ENDS: r"pilot-access-ends",
    Step.QUOTAS: r"pilot-access-quota-\d+(-attached)?",
    Step.GATEWAY_LEVEL: r"pilot-gateway-level",
    Step.MEMBERSHIPS: r"pilot-membership-(members|umbrella)",
    Step.ASSIGNMENT: r"pilot-membership-assignment",
    Step.PROFILE_OWNERS: r"pilot-\w+-counted-\w+",
    Step.MAC_GROUPS: r"pilot-macs-.+-(macs|files|profile)",
    Step.ALLOW: r"pilot-access-invoke",
    Step.NOTICE: r"pilot-announcement-(level|access)",
    Step.STOP_REVIEW: r"stop-review-limits",
}
# Level, a member's own, the end of a suspension before.
CASES = [
    *((level.value, None, None) for level in Level if level is not Level.PLANNED),
    ("active", "suspended", None),
    ("active", "suspended", RESUMED),
    ("suspended", "suspended", None),
]
BY_GATEWAY = [("active", "suspended", "gateway"), ("suspended", None, "gateway")]


def step_of(registration: Registration) -> Step | None:
    return next((step for step, name in MADE_OF.items() if re.fullmatch(name, registration.name)), None)


def recorded(level: str, member: str | None = None, resumed: str | None = None, **more: Any) -> Recorded:
    document = {**stacks.small(), **ALL_PLANES, **more}
    pilot = document["cohorts"]["pilot"]
    pilot.update(level=level, **({"incident": INCIDENT} if level != "active" else {}))
    pilot.update({"sessions_valid_from": resumed} if resumed else {})
    pilot["members"]["grace.liu@acme.example"].update(until="2098-12-31")
    if member:
        pilot["members"][ALICE].update(level=member, incident=INCIDENT)
    return recording.run(stacks.config(document))


@pytest.fixture(scope="module")
def runs() -> dict[tuple[Any, ...], Recorded]:
    return {case: recorded(*case) for case in CASES} | {
        (level, member, "gateway"): recorded(level, member, gateway=GATEWAY) for level, member, _ in BY_GATEWAY
    }


def order_at(level: str) -> Order:
    return order(denies_everybody=Level(level).is_cut)


def edges(run: Recorded) -> set[tuple[Step, Step]]:
    """Between steps, as the engine is told of them."""
    steps = {urn: step_of(registration) for urn, registration in run.by_urn.items()}
    pairs = {(steps[urn], steps[on]) for urn, each in run.by_urn.items() for on in each.depends_on if on in steps}
    return {(step, on) for step, on in pairs if step and on and step is not on}


def said(order: Order) -> set[tuple[Step, Step]]:
    return {(each.step, on) for each in order for on in each.waits_for}


@pytest.mark.parametrize("case", [*CASES, *BY_GATEWAY])
def test_each_step_waits_for_what_the_order_says_and_for_nothing_else(
    runs: dict[tuple[Any, ...], Recorded], case: tuple[Any, ...]
) -> None:
    run = runs[case]
    there = {step_of(registration) for registration in run.order}
    assert edges(run) == {(step, on) for step, on in said(order_at(case[0])) if step in there and on in there}


def test_each_wait_is_seen_at_some_level(runs: dict[tuple[Any, ...], Recorded]) -> None:
    seen = set[tuple[Step, Step]]().union(*(edges(run) for run in runs.values()))
    # The check is a question, no resource: tests/graph/test_verdicts.py.
    asked = {(step, on) for step, on in said(CUT) | said(GIFT) if step is not Step.MEMBERSHIP_CHECK}
    assert asked == seen


@pytest.mark.parametrize("order", [CUT, GIFT], ids=["cut", "gift"])
def test_a_step_stands_after_all_that_it_waits_for(order: Order) -> None:
    places = {each.step: place for place, each in enumerate(order)}
    assert places.keys() == set(Step)
    assert all(places[on] < places[step] for step, on in said(order))


@pytest.mark.parametrize("order", [CUT, GIFT], ids=["cut", "gift"])
def test_who_is_denied_waits_for_no_other_plane(order: Order) -> None:
    deny = {Step.COHORT_DENY, Step.MEMBER_DENIES}
    assert {on for step, on in said(order) if step in deny} <= {Step.RECORD, *deny}
    [allow] = [each for each in order if each.step is Step.ALLOW]
    assert Step.MEMBERSHIPS is allow.taken_before


def test_the_allow_reads_a_property_of_the_memberships_so_that_it_is_taken_before_people_are(
    runs: dict[tuple[Any, ...], Recorded],
) -> None:
    run = runs["active", None, None]
    members = run.one("pilot-membership-members").urn
    assert run.one("pilot-access-invoke").depends_on_by_property["name"] == (members,)


def test_a_step_that_is_declared_after_what_waits_for_it_is_a_mistake() -> None:
    steps = Steps(CUT)
    steps.before(Step.MEMBERSHIPS)
    with pytest.raises(LookupError, match="group memberships waits for quota policies"):
        steps.made(Step.QUOTAS, [])
