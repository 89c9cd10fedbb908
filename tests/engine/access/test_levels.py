"""Taking access back and giving it again, by the real engine."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.errors import SandboxError
from tests.engine.world import LOG_GROUPS, World
from tests.stacks import resumed_now

ALICE, BOB = "alice.chen@acme.example", "bob.kim@acme.example"
GROUP = "aws_123456789012_claude-code-pilot"
INCIDENT = {"id": "INC-7", "since": "2026-11-22T14:05:00Z", "reason": "key in a commit"}
CUT = ("suspended", "rolled_back")
# That it is remembered, that sessions from before stay dead, and the logs' longer retention; incidents have it always.
STAYS_AFTER_A_RESUME = {
    *("cuts-on-record", "pilot-access-stop"),
    *(f"audit-trail-{name}" for name in ("announcer", "delivery", "delivery-figures", "findings", "github-webhook")),
    *("audit-trail-invocations", "audit-trail-mac-findings", "audit-trail-meter", "audit-trail-pilot-usage"),
}


def set_level(world: World, level: str) -> None:
    """By hand, as a person would who knows that the stack has its cut on record."""
    with world.stack_file() as config:
        pilot = config["claude-code-rollout:cohorts"]["pilot"]
        if pilot["level"] in CUT and level not in CUT:
            pilot["sessions_valid_from"] = resumed_now()
        pilot["level"] = level
        pilot.pop("incident", None)
        if level != "active":
            pilot["incident"] = INCIDENT


def shape(world: World) -> dict[str, Any]:
    """The state without what a cloud or a cipher invents, and the way from this copy's folder to a library: inputs by
    URN."""
    hidden = re.compile(r"(application-inference-profile/|'ModelId': ')\w+|(v1:)[\w+/=]+:[\w+/=]+|'path': '[^']+'")
    return {r["urn"]: hidden.sub(r"\1\2*", str(r.get("inputs"))) for r in world.state()}


def index(calls: list[str], pattern: str) -> int:
    return next(n for n, call in enumerate(calls) if re.search(pattern, call))


def test_a_suspension_denies_in_aws_before_it_asks_anything_of_okta(pilot: World) -> None:
    set_level(pilot, "suspended")
    pilot.forget_calls()
    pilot.up()
    calls = pilot.calls()
    assert index(calls, r"PutRolePolicy") < index(calls, r"^DELETE /api/v1/groups/.*/users/")
    assert pilot.group(GROUP) == pilot.group("Claude-Code-Users") == {}
    assert pilot.aws("iam").list_role_policies(RoleName="claude-code-pilot")["PolicyNames"] == ["stop"]
    with pytest.raises(SandboxError):
        pilot.sign_in(ALICE, "pilot")


def test_one_member_is_suspended_alone(pilot: World) -> None:
    roster = pilot.folder / "rosters" / "pilot.csv"
    roster.write_text(
        "".join(line for line in roster.read_text(encoding="utf-8").splitlines(keepends=True) if ALICE not in line),
        encoding="utf-8",
    )
    alice = {"name": "Alice Chen", "team": "backend"}
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"]["members"] = {
            ALICE: {**alice, "level": "suspended", "incident": INCIDENT}
        }
    pilot.forget_calls()
    pilot.up()
    calls = pilot.calls()
    assert index(calls, r"AttachRolePolicy") < index(calls, r"^DELETE /api/v1/groups/.*/users/")
    assert ALICE not in pilot.group(GROUP)
    assert len(pilot.group(GROUP)) == 24
    assert pilot.sign_in(BOB, "pilot")
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"]["members"] = {
            ALICE: {**alice, "sessions_valid_from": resumed_now()}
        }
    pilot.up()
    assert pilot.sign_in(ALICE, "pilot")
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


def test_down_and_up_again_through_all_levels_leaves_what_never_left(pilot: World) -> None:
    logs = pilot.aws("logs")
    logs.create_log_stream(logGroupName="/claude-code/pilot/usage", logStreamName="s")
    logs.put_log_events(
        logGroupName="/claude-code/pilot/usage",
        logStreamName="s",
        logEvents=[{"timestamp": 1_795_000_000_000, "message": "before"}],
    )
    before = shape(pilot)
    for level in ("restricted", "throttled", "suspended", "rolled_back"):
        set_level(pilot, level)
        assert not [urn for urn, op in pilot.plan().items() if "logGroup" in urn and op == "delete"]
        pilot.up()
        pilot.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    assert pilot.profiles() == set()
    assert pilot.log_groups() == dict.fromkeys(LOG_GROUPS, 365)
    for level in ("suspended", "throttled", "restricted", "active"):
        set_level(pilot, level)
        pilot.up()
        pilot.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    after = shape(pilot)
    changed = {urn.rpartition("::")[2] for urn in before.keys() | after.keys() if before.get(urn) != after.get(urn)}
    assert changed == STAYS_AFTER_A_RESUME
    assert pilot.log_groups() == dict.fromkeys(LOG_GROUPS, 365)
    policies = pilot.aws("iam").list_role_policies(RoleName="claude-code-pilot")["PolicyNames"]
    assert sorted(policies) == ["invoke", "stop"]
    assert len(pilot.group(GROUP)) == 25
    events = logs.get_log_events(logGroupName="/claude-code/pilot/usage", logStreamName="s")["events"]
    assert [event["message"] for event in events] == ["before"]
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
