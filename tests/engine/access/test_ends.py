"""Access that ends while nobody runs anything, by the real engine and the sandbox's Bedrock."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta

from tests.authority.evaluator import ACCOUNT, Request, verdicts
from tests.drill.traffic import answers, bedrock
from tests.engine.world import STACK, World
from tests.in_iam import held

ALICE, BOB = "alice.chen@acme.example", "bob.kim@acme.example"
GROUPS = ("aws_123456789012_claude-code-pilot", "Claude-Code-Users")
ROLE = "claude-code-pilot"
# Of an update on this machine, with room: the end must not come before IAM has it.
UPDATES_AHEAD, SECONDS = 3, 300


def set_until(world: World, when: str) -> None:
    ended = world.command("set-until", ALICE, when, "--stack", STACK, "--yes")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def names_of(steps: dict[str, str]) -> dict[str, str]:
    return {urn.rpartition("::")[2]: operation for urn, operation in steps.items()}


def by_others(world: World, email: str, profile: str, at: datetime) -> bool:
    """Whether the evaluator that others wrote allows it, by what IAM holds now."""
    found = held(world.aws("iam"), ROLE)
    assert found
    context = {
        "aws:CurrentTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "aws:TokenIssueTime": f"{at - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}",
        "aws:userid": f"{found.role_id}:{email}",
    }
    principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{email}"
    return verdicts(
        [Request(principal, "bedrock:InvokeModel", profile, context, found.policies, boundary=found.boundary)]
    )[0]


def test_access_ends_to_the_second_without_an_update_and_okta_follows_at_the_next(pilot: World) -> None:
    clients = {email: bedrock(pilot, pilot.sign_in(email, "pilot")) for email in (ALICE, BOB)}
    profile = pilot.cohorts()["pilot"]["profile_arns"]["haiku"]
    before = pilot.stack_text()

    began = time.monotonic()
    set_until(pilot, "2098-12-31")
    pilot.up()
    took = time.monotonic() - began
    assert pilot.plan() == {}
    [schedule] = [s for s in pilot.aws("scheduler").list_schedules()["Schedules"] if s["Name"] == f"{ROLE}-ends"]
    assert schedule["GroupName"] == "claude-code-reviews"
    with_end = pilot.stack_text()

    end = (datetime.now(UTC) + timedelta(seconds=UPDATES_AHEAD * took + 10)).replace(microsecond=0)
    set_until(pilot, end.isoformat())
    pilot.up()
    assert datetime.now(UTC) < end, "the machine is slower than three times itself"
    assert all(answers(client, profile) for client in clients.values())
    assert [by_others(pilot, ALICE, profile, at) for at in (end - timedelta(seconds=1), end)] == [True, False]

    pilot.forget_calls()
    deadline = time.monotonic() + UPDATES_AHEAD * took + SECONDS
    allowed_last, denied_first = datetime.now(UTC), None
    while denied_first is None and time.monotonic() < deadline:
        asked = datetime.now(UTC)
        if answers(clients[ALICE], profile):
            allowed_last = asked
        else:
            denied_first = datetime.now(UTC)
        time.sleep(0.05)
    assert denied_first
    assert allowed_last < end <= denied_first
    assert answers(clients[BOB], profile)
    assert by_others(pilot, BOB, profile, denied_first)
    assert not [call for call in pilot.calls() if "RolePolicy" in call and not call.startswith("Get")], "nothing ran"
    assert ALICE in pilot.group(GROUPS[0])

    # Okta follows, and what is said until then.
    printed = pilot.pulumi("preview", "--stack", STACK)
    assert f"{ALICE}: access ended {end:%Y-%m-%d %H:%M:%S} UTC, and AWS denies them since" in printed
    steps = names_of(pilot.plan())
    members, news = {"pilot-membership-members", "pilot-membership-umbrella"}, "pilot-announcement-access"
    assert set(steps) == {*members, "cuts-on-record", news}, steps
    assert {operation for name, operation in steps.items() if name != news} == {"update"}
    explained = pilot.command("explain", ALICE, "--stack", STACK, "--json")
    assert json.loads(explained.stdout)["most_likely"]["why"].startswith(f"access of {ALICE} ended")
    told = json.loads(pilot.command("status", "--stack", STACK, "--json").stdout)
    assert list(told["cohorts"][0]["ended"]) == [ALICE]
    pilot.up()
    assert all(ALICE not in pilot.group(group) and BOB in pilot.group(group) for group in GROUPS)
    assert pilot.plan() == {}

    # No copy of the file gives it back, by whatever it says in place of the end.
    newest = pilot.stack_text()
    for copy in (before, with_end):
        (pilot.folder / f"Pulumi.{STACK}.yaml").write_text(copy, encoding="utf-8")
        assert f"{ALICE}.until: the stack has it end at" in pilot.up(fails=True)
    assert not answers(clients[ALICE], profile)
    (pilot.folder / f"Pulumi.{STACK}.yaml").write_text(newest, encoding="utf-8")

    # Who says that it is to last longer does.
    set_until(pilot, "2098-12-31")
    pilot.up()
    assert all(ALICE in pilot.group(group) for group in GROUPS)
    assert answers(clients[ALICE], profile)


def test_a_day_without_quotes_is_refused_by_the_engines_own_reading(pilot: World) -> None:
    text = re.sub(
        r"^( +)level: active.*\n", r"\g<0>\1until: 2098-12-31\n", pilot.stack_text(), count=1, flags=re.MULTILINE
    )
    (pilot.folder / f"Pulumi.{STACK}.yaml").write_text(text, encoding="utf-8")
    printed = pilot.up(fails=True)
    assert (
        'until: a day without quotes, which YAML takes for a time: 2098-12-31. Write "2098-12-31" in quotes' in printed
    )
    ended = pilot.command("check", "--stack", STACK)
    assert "a day without quotes" in " ".join(ended.stdout.split())
