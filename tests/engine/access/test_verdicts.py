"""A verdict on memberships fails the update, and never keeps it from taking access away."""

from __future__ import annotations

import pytest

from sandbox.errors import SandboxError
from tests.engine.access.test_levels import GROUP, index, set_level
from tests.engine.world import World

ALICE, LEAD = "alice.chen@acme.example", "priya.raman@acme.example"
STRANGER = "jonas.weber@acme.example"
UMBRELLA = "Claude-Code-Users"


def roles(world: World) -> set[str]:
    return {role["RoleName"] for role in world.aws("iam").list_roles()["Roles"]}


def add_second_cohort(world: World, *emails: str) -> None:
    with world.stack_file() as config:
        config["claude-code-rollout:cohorts"]["second"] = {
            "level": "active",
            "models": ["haiku"],
            "members": {email: {"name": email.partition("@")[0], "team": "backend"} for email in emails},
        }


def refuse_to_remove(world: World, *groups: str) -> None:
    for group in groups:
        path = f"/api/v1/groups/{world.group_id(group)}/users/{world.user_id(ALICE)}"
        world.okta("/sandbox/faults", "POST", {"match": f"DELETE {path}", "status": 500, "times": 1})


@pytest.mark.parametrize("group", [GROUP, UMBRELLA])
def test_a_removal_that_okta_refuses_at_a_suspension_fails_the_update_and_is_made_by_the_next(
    pilot: World, group: str
) -> None:
    refuse_to_remove(pilot, group)
    set_level(pilot, "suspended")
    pilot.up(fails=True)
    assert "stop" in pilot.aws("iam").list_role_policies(RoleName="claude-code-pilot")["PolicyNames"]
    assert ALICE in pilot.group(group)
    pilot.up()
    assert pilot.group(GROUP) == pilot.group(UMBRELLA) == {}
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


def test_a_removal_that_okta_refuses_at_a_rollback_comes_after_what_the_role_may_invoke_is_gone(pilot: World) -> None:
    refuse_to_remove(pilot, GROUP, UMBRELLA)
    set_level(pilot, "rolled_back")
    pilot.forget_calls()
    pilot.up(fails=True)
    calls = pilot.calls()
    assert index(calls, "DeleteRolePolicy") < index(calls, r"^DELETE /api/v1/groups/.*/users/")
    pilot.up(fails=True)  # one group is asked after the other
    pilot.up()
    assert "claude-code-pilot" not in roles(pilot)
    assert pilot.profiles() == set()
    assert pilot.group(GROUP) == pilot.group(UMBRELLA) == {}
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


def test_an_okta_that_does_not_answer_does_not_keep_a_suspension_from_aws(pilot: World) -> None:
    add_second_cohort(pilot, LEAD)
    pilot.up()
    pilot.okta("/sandbox/faults", "POST", {"match": "GET /api/v1/users.*", "status": 500, "every": 1})
    set_level(pilot, "suspended")
    said = pilot.up(fails=True)
    assert "Okta does not answer: what is denied is denied in AWS, no group was changed" in said
    assert "deleted" not in said
    assert pilot.aws("iam").list_role_policies(RoleName="claude-code-pilot")["PolicyNames"] == ["invoke", "stop"]
    assert pilot.group(GROUP)
    assert LEAD in pilot.group("aws_123456789012_claude-code-second")
    pilot.okta("/sandbox/faults", "DELETE")
    pilot.up()
    assert set(pilot.group(UMBRELLA)) == {LEAD}


def test_a_change_by_hand_elsewhere_does_not_keep_a_cohort_that_was_taken_out(pilot: World) -> None:
    add_second_cohort(pilot, LEAD)
    pilot.up()
    stranger = pilot.user_id(STRANGER)
    pilot.okta(f"/api/v1/groups/{pilot.group_id(GROUP)}/users/{stranger}", "PUT")
    with pilot.stack_file() as config:
        del config["claude-code-rollout:cohorts"]["second"]
        config["claude-code-rollout:logs"] = {"retired": ["second"]}
    said = pilot.up(fails=True)
    assert f"in the Okta group {GROUP} but not to be: {STRANGER}" in said
    assert roles(pilot) >= {"claude-code-pilot"}
    assert "claude-code-second" not in roles(pilot)
    pilot.up("--refresh")


def test_a_cohort_that_is_taken_out_leaves_its_logs_and_may_come_back(pilot: World) -> None:
    add_second_cohort(pilot, LEAD)
    pilot.up()
    with pilot.stack_file() as config:
        second = config["claude-code-rollout:cohorts"].pop("second")
        config["claude-code-rollout:logs"] = {"retired": ["second"]}
    pilot.up()
    assert pilot.log_groups()["/claude-code/second/usage"] == 365
    pilot.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["second"] = second
        config["claude-code-rollout:logs"] = {"retired": []}
    pilot.up()
    assert pilot.sign_in(LEAD, "second")


@pytest.mark.parametrize("to_second", [True, False])
def test_a_member_who_moves_is_never_lost_without_a_word(pilot: World, to_second: bool) -> None:
    first, second = (
        {ALICE: {"name": "Alice Chen", "team": "backend"}},
        {LEAD: {"name": "Priya Raman", "team": "backend"}},
    )
    with pilot.stack_file() as config:
        cohorts = config["claude-code-rollout:cohorts"]
        cohorts["pilot"] = {"level": "active", "models": ["haiku"], "members": dict(first)}
        cohorts["second"] = {"level": "active", "models": ["haiku"], "members": dict(second)}
    pilot.up("--refresh")
    with pilot.stack_file() as config:
        cohorts = config["claude-code-rollout:cohorts"]
        cohorts["pilot"]["members"], cohorts["second"]["members"] = (
            ({}, {**second, **first}) if to_second else ({**first, **second}, {})
        )
        # A Deny of its own holds back the old cohort's removals in Okta.
        old = cohorts["pilot" if to_second else "second"]
        old |= {"level": "suspended", "incident": {"id": "I-1", "since": "2026-11-22T14:05:00Z", "reason": "x"}}
    moved = ALICE if to_second else LEAD
    ended_well, said = pilot.try_up()
    assert ended_well == (moved in pilot.group(UMBRELLA)), said
    assert ended_well or f"missing from the Okta group {UMBRELLA}: {moved}" in said
    pilot.up("--refresh")
    assert moved in pilot.group(UMBRELLA)


def test_somebody_who_is_out_of_the_umbrella_group_alone_cannot_sign_in(pilot: World) -> None:
    pilot.okta(f"/api/v1/groups/{pilot.group_id(UMBRELLA)}/users/{pilot.user_id(ALICE)}", "DELETE")
    with pytest.raises(
        SandboxError, match="is in no group that the app claude-code-sign-in-123456789012 is assigned to"
    ):
        pilot.sign_in(ALICE, "pilot")
    assert pilot.sign_in("bob.kim@acme.example", "pilot")
