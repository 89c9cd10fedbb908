"""What each level leaves of a cohort, how its people are looked up, and what stops everything."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pytest

from tests import recording, stacks
from tests.graph.resources import COHORT, INCIDENT, pasted, recorded, with_level
from tests.registrations import Recorded


def test_the_cohorts_group_is_tracked_whole_and_the_umbrella_group_is_not(pilot: Recorded) -> None:
    own, umbrella = pilot.of("okta:index/groupMemberships:GroupMemberships")
    assert (own.inputs["trackAllUsers"], umbrella.inputs["trackAllUsers"]) == (True, False)
    assert len(own.inputs["users"]) == len(umbrella.inputs["users"]) == 25


def test_each_session_may_be_shorter_than_an_hour() -> None:
    run = recorded({**stacks.small(), "session_minutes": 15})
    assert json.loads(run.one("federation-aws").inputs["appSettingsJson"])["sessionDuration"] == 900
    assert (
        " --aws-session-duration 900 "
        in pasted(stacks.config({**stacks.small(), "session_minutes": 15}), run)["credential_process"]
    )


def test_a_planned_cohort_has_nothing_anywhere() -> None:
    document = stacks.small()
    document["cohorts"]["wave2"] = {"level": "planned", "models": ["haiku"], "members": {}}
    run = recorded(document)
    assert not [r for r in run.order if "wave2" in r.urn]
    assert "wave2" not in run.cohorts


def test_throttled_leaves_one_model_and_all_profiles() -> None:
    run = recorded(with_level("throttled"))
    assert len(run.of("aws:bedrock/inferenceProfile:InferenceProfile")) == 2
    statements = json.loads(run.one("pilot-access-invoke").inputs["policy"])["Statement"]
    assert statements[0]["Resource"] == [run.cohorts["pilot"]["profile_arns"]["haiku"]]


def test_suspended_leaves_no_allow_and_nobody_in_the_groups_but_every_profile() -> None:
    run = recorded(with_level("suspended"))
    assert len(run.of("aws:bedrock/inferenceProfile:InferenceProfile")) == 2
    [stop] = [r for r in run.of("aws:iam/rolePolicy:RolePolicy") if COHORT in r.urn]
    statements = json.loads(stop.inputs["policy"])["Statement"]
    assert [(s["Effect"], s["Action"]) for s in statements] == [
        ("Deny", ["bedrock:*", "bedrock-mantle:*"]),
        ("Deny", "*"),
    ]
    assert statements[1]["Condition"] == {"DateLessThan": {"aws:TokenIssueTime": "2026-11-23T11:00:00Z"}}
    for memberships in run.of("okta:index/groupMemberships:GroupMemberships"):
        assert stop.urn in memberships.depends_on  # the Deny first: Okta is slower, and ends no session
    assert [r.inputs["users"] for r in run.of("okta:index/groupMemberships:GroupMemberships")] == [[], []]


def test_rolled_back_leaves_an_empty_group_and_the_logs_for_a_year() -> None:
    run = recorded(with_level("rolled_back"))
    assert {r.type for r in run.order if f"{COHORT}$" in r.urn} == {
        "claude:rollout:Membership",
        "okta:group/group:Group",
        "okta:index/groupMemberships:GroupMemberships",
        *("claude:rollout:Announcement", "aws:lambda/invocation:Invocation", "aws:iam/rolePolicy:RolePolicy"),
    }
    assert [r.inputs["users"] for r in run.of("okta:index/groupMemberships:GroupMemberships")] == [[], []]
    assert [r.name for r in run.of("aws:iam/rolePolicy:RolePolicy") if COHORT in r.urn] == ["pilot-announcement-review"]
    assert {g.inputs["retentionInDays"] for g in run.of("aws:cloudwatch/logGroup:LogGroup")} == {365}


def test_two_hundred_members_are_looked_up_in_four_calls() -> None:
    document = stacks.small()
    document["cohorts"]["pilot"]["members"] = {
        f"person{number}@acme.example": {"name": f"Person {number}", "team": "backend"} for number in range(200)
    }
    run = recorded(document)
    assert len([token for token, _ in run.calls if token == "okta:user/getUsers:getUsers"]) == 4
    assert len(run.one("pilot-membership-members").inputs["users"]) == 200


def test_a_member_whom_okta_does_not_know_stops_everything() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        recorded(stacks.small(), strangers=frozenset({"alice.chen@acme.example"}))
    assert str(caught.value).splitlines() == [
        "the stack file has 1 mistake; nothing was touched:",
        (
            "cohorts.pilot.members.alice.chen@acme.example: nobody in acme.okta.com has this e-mail address; "
            "correct it, or take the member out"
        ),
    ]


def test_a_leaver_does_not_keep_access_from_being_cut() -> None:
    run = recorded(with_level("restricted"), strangers=frozenset({"alice.chen@acme.example"}))
    assert run.one("pilot-membership-members").inputs["users"] == [recording.okta_user_id("grace.liu@acme.example")]


def test_a_wrong_stack_file_registers_nothing_and_shows_no_traceback() -> None:
    document = stacks.small()
    document["cohorts"]["pilot"]["level"] = "activ"
    with pytest.raises(pulumi.RunError, match=r"cohorts\.pilot\.level: not one of planned"):
        recorded(document)


def test_a_member_is_told_how_to_sign_in_and_gets_every_alias_pinned(pilot: Recorded) -> None:
    told = pasted(stacks.committed("sandbox"), pilot)
    arns = pilot.cohorts["pilot"]["profile_arns"]
    assert told["credential_process"].startswith("okta-aws-cli web --format process-credentials")
    assert "--aws-iam-role arn:aws:iam::123456789012:role/claude-code-pilot" in told["credential_process"]
    settings = told["claude_settings"]
    assert settings["availableModels"] == [arns["sonnet"], arns["haiku"], arns["opus"]]
    assert settings["enforceAvailableModels"] is True
    assert settings["env"]["ANTHROPIC_DEFAULT_HAIKU_MODEL"] == arns["haiku"]
    assert settings["env"]["ANTHROPIC_DEFAULT_FABLE_MODEL"] == arns["sonnet"]
    assert settings["env"]["AWS_REGION"] == "us-east-1"


def test_the_meter_may_write_the_policies_that_stop_throttled_people_and_no_other() -> None:
    def may_write(document: dict[str, Any]) -> list[str]:
        statements = json.loads(recorded(document).one("meter-function-work").inputs["policy"])["Statement"]
        reads = {"iam:GetRole", "iam:SimulatePrincipalPolicy"}
        changing = [s for s in statements if any("iam:" in one and one not in reads for one in s["Action"])]
        return [arn for s in changing for arn in s["Resource"]]

    assert may_write(with_level("active")) == []
    assert may_write(with_level("throttled")) == ["arn:aws:iam::123456789012:policy/claude-code-pilot-quota-1"]
    one = stacks.small()
    one["cohorts"]["pilot"]["members"]["alice.chen@acme.example"].update(level="throttled", incident=INCIDENT)
    run = recorded(one)
    assert may_write(one) == ["arn:aws:iam::123456789012:policy/claude-code-pilot-quota-1"]
    assert json.loads(run.one("pilot-access-quota-1").inputs["policy"])["Statement"][0]["Effect"] == "Deny"
    assert run.one("pilot-access-quota-1-attached").inputs["role"] == "claude-code-pilot"


def test_a_cohort_more_changes_no_output() -> None:
    """Whatever a stack puts out is printed below each plan that changes it."""
    document = stacks.small()
    before = recorded(document).outputs
    member = {"ravi.menon@acme.example": {"name": "Ravi Menon", "team": "backend"}}
    document["cohorts"]["wave2"] = {"level": "active", "models": ["haiku"], "members": member}
    run = recorded(document)
    assert run.cohorts["wave2"]["members"] == [*member]
    assert run.outputs == before
