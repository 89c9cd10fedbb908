"""The program sees what `rollout cut` has put in IAM, and does not pretend that it is not there."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from rollout import names
from rollout.access import emergency, managed_cut
from rollout.incidents.cut_record import NAME, Record, read
from tests import recording, stacks
from tests.recording import opaque
from tests.registrations import Recorded

ALICE = "alice.chen@acme.example"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T11:00:00Z", "reason": "key in a commit"}
ROLE = names.role("pilot")
ASKED = "aws:iam/getRolePolicies:getRolePolicies"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"warn": [], "info": []}
    for kind, lines in found.items():
        monkeypatch.setattr(pulumi.log, kind, lines.append)
    return found


def run(document: dict[str, Any], cuts: Any, **how: Any) -> Recorded:
    return recording.run(stacks.config(document), cuts=cuts, **how)


def on_record(found: Recorded) -> Record:
    return read(found.one(NAME).inputs["input"])


def suspended(*, member: str | None = None) -> dict[str, Any]:
    document = stacks.small()
    pilot = document["cohorts"]["pilot"]
    (pilot["members"][member] if member else pilot).update(level="suspended", incident=INCIDENT)
    return document


def groups() -> dict[str, list[str]]:
    """As Okta has them after an update."""
    everybody = list(stacks.small()["cohorts"]["pilot"]["members"])
    return {opaque("00g", name, 20): everybody for name in ("pilot-membership-group", "federation-umbrella")}


def test_a_cohort_that_is_cut_and_active_in_the_file_is_a_warning_in_preview(said: dict[str, list[str]]) -> None:
    run(stacks.small(), {ROLE: ["invoke", "cut"]})
    [line] = [line for line in said["warn"] if "rollout cut" in line]
    assert line == (
        "cohorts.pilot: denied in IAM by `rollout cut`, and this file has it at active: set it to suspended, or give "
        "access back by `rollout set-level -s STACK pilot active`"
    )


def test_an_update_does_everything_and_ends_with_the_same_line() -> None:
    with pytest.raises(pulumi.RunError, match=r"cohorts\.pilot: denied in IAM by `rollout cut`"):
        run(stacks.small(), {ROLE: ["cut"]}, preview=False, groups=groups())
    run(stacks.small(), {ROLE: ["invoke"]}, preview=False, groups=groups())


def test_a_member_is_known_by_the_address_in_the_policys_name(said: dict[str, list[str]]) -> None:
    run(stacks.small(), {ROLE: [names.cut_policy(ALICE)]})
    [line] = [line for line in said["warn"] if "rollout cut" in line]
    assert line.startswith(
        f"cohorts.pilot.members.{ALICE}: denied in IAM by `rollout cut`, and this file has it at act"
    )
    assert line.endswith(f"`rollout set-level -s STACK pilot active --member {ALICE}`")


@pytest.mark.parametrize(
    ("document", "policy"), [(suspended(), "cut"), (suspended(member=ALICE), names.cut_policy(ALICE))]
)
def test_a_file_that_says_suspended_as_well_is_only_told_of(
    said: dict[str, list[str]], document: dict[str, Any], policy: str
) -> None:
    run(document, {ROLE: ["stop", policy]})
    assert not [line for line in said["warn"] if "rollout cut" in line]
    assert [line for line in said["info"] if "denied in IAM by `rollout cut` as well" in line]


def test_a_member_who_is_cut_in_a_cohort_that_is_suspended_is_not_behind(said: dict[str, list[str]]) -> None:
    run(suspended(), {ROLE: [names.cut_policy(ALICE)]})
    assert not [line for line in said["warn"] if "rollout cut" in line]


def test_somebody_who_is_no_member_is_told_of_with_the_way_to_lift_it(said: dict[str, list[str]]) -> None:
    run(stacks.small(), {ROLE: ["cut-left.us@acme.example"]})
    assert not [line for line in said["warn"] if "rollout cut" in line]
    assert [line for line in said["info"] if "`rollout cut left.us@acme.example --cohort pilot --lift`" in line]


def test_a_role_that_is_not_there_yet_has_none_and_one_call_each_is_made(said: dict[str, list[str]]) -> None:
    found = run(stacks.small(), {})
    assert [args for token, args in found.calls if token == ASKED] == [{"roleName": ROLE}]
    assert not [line for line in said["warn"] + said["info"] if "rollout cut" in line]


def test_an_iam_that_does_not_tell_is_a_warning_and_stops_nothing(said: dict[str, list[str]]) -> None:
    found = run(stacks.small(), "ListRolePolicies: AccessDenied: no")
    assert found.of("aws:iam/role:Role")
    assert [line for line in said["warn"] if "cohorts.pilot: not known whether `rollout cut` denies" in line]


def moved() -> dict[str, Any]:
    """Alice is in another cohort now, by somebody's edit of the file."""
    document = stacks.small()
    pilot = document["cohorts"]["pilot"]
    alice = pilot["members"].pop(ALICE)
    document["cohorts"]["wave2"] = {"level": "active", "models": ["haiku"], "members": {ALICE: alice}}
    return document


def test_somebody_who_is_cut_on_one_role_and_was_moved_to_another_is_named(said: dict[str, list[str]]) -> None:
    policy = names.cut_policy(ALICE)
    run(moved(), {ROLE: [policy]})
    [line] = [line for line in said["warn"] if "rollout cut" in line]
    assert line.startswith(
        f"cohorts.wave2.members.{ALICE}: denied in IAM by `rollout cut` on the role of pilot, and this file has them "
        "at active in wave2: denied there by name from this update on"
    )


def denied_by_name(found: Recorded, cohort: str) -> set[str]:
    """Whom the file's own policies of a cohort's role deny everything on Bedrock."""
    stops = [each for each in found.of("aws:iam/policy:Policy") if each.name.startswith(f"{cohort}-access-stop-")]
    statements = [one for each in stops for one in json.loads(each.inputs["policy"])["Statement"]]
    values = [one["Condition"].get("StringLike", {}).get("aws:userid", []) for one in statements]
    return {str(name).removeprefix("*:") for each in values for name in ([each] if isinstance(each, str) else each)}


@pytest.mark.parametrize("policy", [names.cut_policy(ALICE), names.CUT_POLICY])
def test_the_update_takes_the_deny_along_before_it_lets_them_in(said: dict[str, list[str]], policy: str) -> None:
    before = on_record(recording.run(stacks.config(stacks.small())))
    found = run(moved(), {ROLE: [policy]}, record=before)
    assert ALICE in denied_by_name(found, "wave2")
    assert [line for line in said["warn"] if line.startswith(f"cohorts.wave2.members.{ALICE}: denied in IAM by")]
    assert on_record(found).cohorts["wave2"].people[ALICE].is_cut
    told = json.loads(found.one("wave2-announcement-access").inputs["input"])["access"]
    assert told["people"] == [], "nobody is told of access that they do not have"
    assert ALICE not in denied_by_name(run(moved(), {ROLE: ["invoke"]}, record=before), "wave2")


def test_a_cohort_that_goes_in_the_same_update_is_still_asked_for(said: dict[str, list[str]]) -> None:  # noqa: ARG001
    before = on_record(recording.run(stacks.config(stacks.small())))
    document = moved()
    document["cohorts"]["pilot"].update(level="rolled_back", incident=INCIDENT)
    assert ALICE in denied_by_name(run(document, {ROLE: [names.cut_policy(ALICE)]}, record=before), "wave2")


def test_under_identity_center_a_cohort_that_leaves_the_file_is_asked_for_by_its_policy(
    said: dict[str, list[str]],
) -> None:
    before = on_record(recording.run(stacks.config(stacks.by_identity_center(stacks.small()))))
    document = stacks.by_identity_center(moved())
    del document["cohorts"]["pilot"]
    document["logs"] = {"retired": ["pilot"]}
    cut = managed_cut.with_part(managed_cut.NOBODY, names.cut_policy(ALICE), emergency.document([ALICE], None))
    found = run(document, {names.cut_managed_policy("pilot"): json.dumps(cut)}, record=before)
    assert ALICE in denied_by_name(found, "wave2")
    assert not [line for line in said["warn"] if "not known whether" in line]


def test_under_identity_center_machines_that_leave_the_file_had_a_role_of_ours() -> None:
    document = stacks.by_identity_center(stacks.small())
    robot = {"role": "arn:aws:iam::123456789012:role/build", "team": "platform", "owner": ALICE}
    document["cohorts"]["ci"] = {"level": "active", "models": ["haiku"], "machines": {"dep-bot": robot}}
    before = on_record(recording.run(stacks.config(document)))
    del document["cohorts"]["ci"]
    found = run({**document, "logs": {"retired": ["ci"]}}, {}, record=before)
    assert [args for token, args in found.calls if token == ASKED] == [{"roleName": names.role("ci")}]


def test_a_mistake_of_this_program_is_no_word_of_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_: object) -> None:
        raise KeyError("pilot")

    monkeypatch.setattr(managed_cut, "parts", wrong)
    document = stacks.by_identity_center(stacks.small())
    with pytest.raises(KeyError):
        run(document, {names.cut_managed_policy("pilot"): json.dumps(managed_cut.NOBODY)})


def test_a_file_that_gives_access_back_is_heard_and_an_older_word_of_it_is_not(said: dict[str, list[str]]) -> None:
    document = stacks.small()
    document["cohorts"]["pilot"]["members"][ALICE]["sessions_valid_from"] = "2026-11-20T00:00:00Z"
    before = on_record(recording.run(stacks.config(document)))
    for said_again, denied in (("2026-11-20T00:00:00Z", True), ("2026-11-24T00:00:00Z", False)):
        file = moved()
        file["cohorts"]["wave2"]["members"][ALICE]["sessions_valid_from"] = said_again
        found = run(file, {ROLE: [names.cut_policy(ALICE)]}, record=before)
        assert on_record(found).cohorts["wave2"].people[ALICE].is_cut is denied
    again = run(file, {ROLE: [names.cut_policy(ALICE)]}, record=on_record(found))
    assert not on_record(again).cohorts["wave2"].people[ALICE].is_cut, "what was heard once is not forgotten"
    assert [line for line in said["warn"] if "where nothing denies them" in line]


def test_what_set_level_looks_at_itself_is_taken_along_all_the_same(
    said: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = on_record(recording.run(stacks.config(stacks.small())))
    monkeypatch.setenv(names.LOOKED_AT, "1")
    found = run(moved(), {ROLE: [names.cut_policy(ALICE)]}, record=before)
    assert ALICE in denied_by_name(found, "wave2")
    assert not [line for line in said["warn"] if "rollout cut" in line]


def test_a_deny_on_the_new_role_as_well_is_told_as_any_other(said: dict[str, list[str]]) -> None:
    policy = names.cut_policy(ALICE)
    run(moved(), {ROLE: [policy], names.role("wave2"): [policy]})
    lines = [line for line in said["warn"] if "rollout cut" in line]
    assert [line.partition(":")[0] for line in lines] == [f"cohorts.wave2.members.{ALICE}"]
    assert "this file has it at active" in lines[0]


def test_a_preview_names_whoever_keeps_access_beyond_the_end_they_had(said: dict[str, list[str]]) -> None:
    document, file = stacks.small(), moved()
    for each in (document, file):
        each["cohorts"]["pilot"]["until"] = "2027-12-31"
    run(file, {}, record=on_record(recording.run(stacks.config(document))))
    [line] = [line for line in said["warn"] if "access beyond" in line]
    assert ALICE in line
    assert "by the move from pilot" in line
