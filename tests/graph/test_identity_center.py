"""Where people sign in by IAM Identity Center: what waits for whom, and what an Identity Center that is late or silent
changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pulumi
import pytest

from rollout.access import managed_cut
from rollout.access.emergency import document as cut_document
from rollout.access.permission_set import attached, policies_of_names
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import QUOTAS_THERE, STOPS_THERE, advance
from rollout.incidents.quotas import never_stopped
from rollout.stack_file.load import load
from tests import recording, stacks
from tests.authority.roles import ASSIGNED, BOUNDED, NAMED, SET
from tests.recording import opaque
from tests.registrations import Recorded

ALICE = "alice.chen@acme.example"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
OURS = "claude-code-pilot-"
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", found.append)
    return found


def run(level: str = "active", machines: bool = False, **how: Any) -> Recorded:
    document = stacks.by_identity_center(stacks.small())
    pilot = document["cohorts"]["pilot"]
    pilot.update({"level": level} | ({"incident": INCIDENT} if level != "active" else {}))
    if machines:
        role = {"role": "arn:aws:iam::123456789012:role/build", "team": "platform", "owner": ALICE}
        document["cohorts"]["ci"] = {"level": "active", "models": ["haiku"], "machines": {"dep-bot": role}}
    return recording.run(stacks.config(document), **how)


def below(run: Recorded, urn: str) -> set[str]:
    """All that a resource waits for, however far down."""
    found: set[str] = set()
    waiting = [urn]
    while waiting:
        for each in run.by_urn[waiting.pop()].depends_on:
            if each not in found and each in run.by_urn:
                found.add(each)
                waiting.append(each)
    return {run.by_urn[each].name for each in found}


def test_a_cohort_is_a_permission_set_of_one_hour_with_its_boundary_and_no_role_of_ours() -> None:
    made = run()
    [granted] = made.of(SET)
    assert granted.inputs["name"] == "claude-code-pilot"
    assert granted.inputs["sessionDuration"] == "PT1H"
    [bounded] = made.of(BOUNDED)
    boundary = bounded.inputs["permissionsBoundary"]["customerManagedPolicyReference"]
    assert boundary["name"] == f"{OURS}boundary"
    named = [each.inputs["customerManagedPolicyReference"]["name"] for each in made.of(NAMED)]
    assert set(named) == {f"{OURS}{part}" for part in ("invoke", "stop", "cut", "stop-1", "quota-1")}
    assert not [r for r in made.of("aws:iam/role:Role") if r.inputs["name"] == "claude-code-pilot"]
    assert made.cohorts["pilot"]["permission_set"] == "claude-code-pilot"
    assert made.cohorts["pilot"].get("role_arn") is None


def test_the_group_has_it_last_of_all_and_only_with_every_deny_named() -> None:
    made = run()
    [assigned] = made.of(ASSIGNED)
    first = below(made, assigned.urn)
    parts = ("invoke", "stop", "cut", "stop-1", "quota-1", "boundary")
    assert {f"pilot-access-{part}" for part in parts} <= first
    assert {f"pilot-access-{part}-attached" for part in parts if part != "boundary"} <= first
    assert {"pilot-membership-members", "pilot-access-bounded", "pilot-access-permission-set"} <= first
    assert assigned.inputs["targetId"] == recording.ACCOUNT


def test_an_allow_that_is_taken_waits_for_nobody_and_one_that_is_given_for_okta() -> None:
    given, taken = run(), run("suspended")
    assert "pilot-membership-members" in below(given, given.one("pilot-access-invoke").urn)
    assert not [name for name in below(taken, taken.one("pilot-access-invoke").urn) if "membership" in name]
    assert taken.one("pilot-access-stop").urn in taken.one("pilot-membership-members").depends_on


def test_okta_pushes_the_cohorts_group_and_assigns_the_umbrella_group() -> None:
    assigned = [each.name for each in run().of("okta:app/groupAssignment:GroupAssignment")]
    assert assigned == ["federation-identity-center"]


def test_the_umbrella_groups_assignment_is_its_own_stacks_and_outlives_it() -> None:
    assert run().one("federation-identity-center").retain
    beside = stacks.by_identity_center({**stacks.small(), "adopt": {"umbrella_group_id": "00g" + "c" * 17}})
    adopting = recording.run(stacks.config(beside))
    assert adopting.of("okta:app/groupAssignment:GroupAssignment") == [], "destroyed, it would take it from the other"
    assert adopting.one("federation-umbrella").read


def test_before_okta_has_pushed_the_group_there_is_everything_but_the_assignment(said: list[str]) -> None:
    made = run(pushed=())
    assert made.of(SET)
    assert not made.of(ASSIGNED)
    assert any("has no group aws_123456789012_claude-code-pilot" in line for line in said)


def test_an_identity_center_that_does_not_answer_stops_an_update_but_never_a_cut(said: list[str]) -> None:
    silent = "GetGroupId: AccessDeniedException: not a delegated administrator"
    with pytest.raises(pulumi.RunError, match="Identity Center does not say which group"):
        run(pushed=silent)
    cut = run("suspended", pushed=silent)
    assert '"Suspended"' in cut.one("pilot-access-stop").inputs["policy"]
    assert cut.of(ASSIGNED)
    assert any("who has the permission set stays" in line for line in said)


def test_what_rollout_cut_has_put_there_is_seen(said: list[str]) -> None:
    document = managed_cut.with_part(managed_cut.NOBODY, "cut", cut_document(None, None))
    run(cuts={f"{OURS}cut": json.dumps(document)})  # pyright: ignore[reportArgumentType]
    assert any("denied in IAM by `rollout cut`" in line for line in said)


def test_machines_keep_a_role_of_ours() -> None:
    made = run(machines=True)
    assert [r.inputs["name"] for r in made.of("aws:iam/role:Role") if r.name == "ci-access-role"] == ["claude-code-ci"]
    assert len(made.of(SET)) == 1


def test_with_more_names_than_a_role_carries_everybody_is_stopped_and_no_more_is_attached() -> None:
    """Of people who were each cut alone, under long logins that no stack file tells."""
    document = stacks.by_identity_center(stacks.small())
    own = {"name": "A B", "team": "backend", "level": "suspended", "incident": INCIDENT}
    people = {f"person{number:03}@acme.example": own for number in range(150)}
    document["cohorts"]["pilot"]["members"] = people
    called = {email: (f"{email}.{'x' * 40}"[:64],) for email in people}
    rollout = load(stacks.config(document), stacks.COMPANY, NOW)
    record = advance(Record(), rollout, called, NOW)
    assert record.cohorts["pilot"].overfull
    assert record.cohorts["pilot"].denies_everybody
    assert policies_of_names(rollout, record, "pilot") == (STOPS_THERE, QUOTAS_THERE)
    assert len(attached(rollout, record, "pilot")) == 10


def crowded(count: int) -> dict[str, Any]:
    """Their addresses alone fit into the policies that are there; their logins do not, which no file tells."""
    document = stacks.by_identity_center(stacks.small())
    document["budgets"] = {"user_daily_stop_usd": 20}
    people = {f"person.number{n:03}@acme.example": {"name": "A B", "team": "backend"} for n in range(count)}
    document["cohorts"]["pilot"]["members"] = people
    document["organization"]["teams"]["backend"]["headcount"] = count
    return document


def test_whom_the_meter_could_never_stop_is_said_and_no_policy_is_written_that_is_not_there(said: list[str]) -> None:
    rollout = load(stacks.config(crowded(200)), stacks.COMPANY, NOW)
    called = {email: (f"{email.partition('@')[0]}.of.ours",) for email in rollout.cohorts["pilot"].members}
    few = advance(Record(), rollout, {}, NOW)
    assert list(never_stopped(rollout, few)) == []
    record = advance(few, rollout, called, NOW)
    assert len(record.cohorts["pilot"].quota_shards) == QUOTAS_THERE
    [line] = never_stopped(rollout, record)
    assert line.startswith("cohorts.pilot: ")
    assert "400 names take more than the 3 IAM policies" in line
    recording.run(stacks.config(crowded(200)), record=record)
    assert any("are stopped by no quota and no stop in dollars" in each for each in said)
    okta = {opaque("00g", name, 20): list(called) for name in ("pilot-membership-group", "federation-umbrella")}
    with pytest.raises(pulumi.RunError, match="are stopped by no quota and no stop in dollars"):
        recording.run(stacks.config(crowded(200)), record=record, preview=False, groups=okta)
