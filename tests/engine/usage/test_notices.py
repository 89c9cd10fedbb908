"""People are told of each change of level, once; and whatever becomes of a notice, the level is in force."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.engine.access.test_levels import ALICE, GROUP, set_level
from tests.engine.world import World

LATER = "ravi.menon@acme.example"
INVOKE = "POST /2015-03-31/functions/claude-code-announcer/invocations"


ACCESS = ("You have access", "Your access to Claude Code has ended", "Claude Code: a new model")


def everything(world: World) -> list[dict[str, Any]]:
    world.settle()
    return world.aws_control("/sandbox/notices")


def is_of_access(notice: dict[str, Any]) -> bool:
    return any(words in notice["subject"] + notice["text"] for words in ACCESS)


def notices(world: World) -> list[dict[str, Any]]:
    """Of levels, and what else there is, but for who has access."""
    return [notice for notice in everything(world) if not is_of_access(notice)]


def of_access(world: World) -> Counter[str]:
    """How many each person got, by Slack and e-mail together."""
    return Counter(notice["to"][0] for notice in everything(world) if is_of_access(notice))


def until(met: Callable[[], Any], seconds: float = 240) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < deadline, "never came"
        time.sleep(0.2)
    return found


def told(world: World) -> list[tuple[str, str]]:
    return [(change["before"], change["after"]) for change in world.changes_of_level()]


def undelivered(world: World) -> int:
    sqs = world.aws("sqs")
    url = sqs.get_queue_url(QueueName="claude-code-notices-dead.fifo")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    return int(found["ApproximateNumberOfMessages"])


def test_a_suspension_reaches_channel_people_managers_and_tracker_and_a_second_update_nobody(pilot: World) -> None:
    set_level(pilot, "suspended")
    pilot.up()
    first = notices(pilot)
    assert Counter(notice["by"] for notice in first) == {"slack": 31, "email": 31, "webhook": 1}
    mine = [notice for notice in first if notice["to"] == [ALICE]]
    assert {notice["by"] for notice in mine} == {"slack", "email"}
    assert all("INC-7" in notice["text"] and "key in a commit" in notice["text"] for notice in mine)
    [record] = [notice for notice in first if notice["by"] == "webhook"]
    assert (record["body"]["after"], record["headers"]["webhook-id"] != "") == ("suspended", True)
    pilot.pulumi("preview", "--stack", "sandbox", "--expect-no-changes")
    pilot.up()
    assert notices(pilot) == first
    assert told(pilot) == [("planned", "active"), ("active", "suspended")]


def test_each_member_is_told_once_that_they_have_access_whatever_comes_after_and_a_later_one_alone(
    pilot: World,
) -> None:
    first = of_access(pilot)
    assert (len(first), set(first.values()), first[ALICE]) == (25, {2}, 2)
    pilot.up()
    set_level(pilot, "suspended")
    pilot.up()
    set_level(pilot, "active")
    pilot.up()
    assert of_access(pilot) == first
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"]["members"] = {LATER: {"name": "Ravi Menon", "team": "backend"}}
    pilot.up()
    until(lambda: of_access(pilot)[LATER] == 2)
    assert sum((of_access(pilot) - first).values()) == 2
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"]["members"] = {}
    pilot.up()
    until(lambda: of_access(pilot)[LATER] == 4)
    assert [n["subject"] for n in everything(pilot) if n["to"] == [LATER] and n["by"] == "email"] == [
        "You have access to Claude Code (cohort pilot)",
        "Your access to Claude Code has ended",
    ]


def test_a_stack_of_the_version_before_tells_nobody_at_its_next_update_and_whoever_comes_later(pilot: World) -> None:
    """As it was left: no such resource in the state, and nothing remembered of who was told."""
    everything(pilot)
    pilot.aws("dynamodb").delete_item(TableName="claude-code-notices", Key={"id": {"S": "access#pilot"}})
    [urn] = [each["urn"] for each in pilot.state() if each["urn"].endswith("::pilot-announcement-access")]
    pilot.pulumi("state", "delete", urn, "--stack", "sandbox", "--yes")
    pilot.aws_control("/sandbox/notices", "DELETE")
    assert pilot.plan() == {urn: "create"}
    pilot.up()
    assert everything(pilot) == []
    with pilot.stack_file() as config:
        config["claude-code-rollout:cohorts"]["pilot"]["members"] = {LATER: {"name": "Ravi Menon", "team": "backend"}}
    pilot.up()
    until(lambda: of_access(pilot)[LATER] == 2)
    assert sum(of_access(pilot).values()) == 2


def test_a_rollback_schedules_its_review_and_who_is_reminded_hears_it(pilot: World) -> None:
    set_level(pilot, "rolled_back")
    pilot.up()
    until(lambda: pilot.aws("scheduler").list_schedules(GroupName="claude-code-reviews")["Schedules"])
    [found] = pilot.aws("scheduler").list_schedules(GroupName="claude-code-reviews")["Schedules"]
    before = len(notices(pilot))
    pilot.aws_control("/sandbox/schedules", "POST", {"group": "claude-code-reviews", "name": found["Name"]})
    reminders = until(lambda: notices(pilot)[before:])
    assert {notice["by"] for notice in reminders} == {"slack", "email"}
    assert all("post-incident review of INC-7" in notice["subject"] + notice["text"] for notice in reminders)


def test_slack_that_fails_for_a_while_is_made_up_for_and_delays_nothing(pilot: World) -> None:
    pilot.aws_control("/sandbox/faults", "POST", {"match": "chat.postMessage", "status": 500, "times": 2})
    pilot.aws_control("/sandbox/faults", "POST", {"match": "chat.postMessage", "status": 429, "times": 1})
    set_level(pilot, "restricted")
    pilot.up()
    until(lambda: Counter(notice["by"] for notice in notices(pilot)) == {"slack": 1, "webhook": 1})
    assert undelivered(pilot) == 0


def test_what_cannot_be_delivered_waits_in_the_dead_letter_queue_and_the_rest_arrives(
    pilot: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is told to give up sooner, or this would take the two minutes that it takes."""
    monkeypatch.setattr("components.functions.announcer.TRIES", 2)
    sqs = pilot.aws("sqs")
    url = sqs.get_queue_url(QueueName="claude-code-notices.fifo")["QueueUrl"]
    policy = '{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:claude-code-notices-dead.fifo", "maxReceiveCount": 2}'
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    pilot.aws_control("/sandbox/faults", "POST", {"match": "chat.postMessage", "status": 500, "times": 1000})
    set_level(pilot, "restricted")
    pilot.up()
    until(lambda: undelivered(pilot) == 1)
    assert Counter(notice["by"] for notice in notices(pilot)) == {"webhook": 1}
    assert told(pilot)[-1] == ("active", "restricted")


def test_a_lambda_that_refuses_keeps_nobodys_access_and_loses_no_notice(pilot: World) -> None:
    pilot.aws_control("/sandbox/faults", "POST", {"match": INVOKE, "status": 500, "times": 1000})
    set_level(pilot, "rolled_back")
    pilot.forget_calls()
    pilot.up(fails=True)
    iam = pilot.aws("iam")
    assert iam.list_role_policies(RoleName="claude-code-pilot")["PolicyNames"] == []
    assert pilot.group(GROUP) == pilot.group("Claude-Code-Users") == {}
    calls = pilot.calls()
    assert calls.index("DeleteRolePolicy") < next(n for n, call in enumerate(calls) if call.startswith("DELETE /api"))
    pilot.aws_control("/sandbox/faults", "DELETE")
    pilot.up()
    assert told(pilot) == [("planned", "active"), ("active", "rolled_back")]
    assert pilot.profiles() == set()


def test_a_queue_that_takes_nothing_fails_the_update_at_its_end_and_the_printed_command_tells_people(
    pilot: World,
) -> None:
    pilot.settle()
    sqs = pilot.aws("sqs")
    url = sqs.get_queue_url(QueueName="claude-code-notices.fifo")["QueueUrl"]
    pilot.aws_control("/sandbox/faults", "POST", {"match": "^SendMessage$", "status": 500, "times": 1000})
    set_level(pilot, "rolled_back")
    printed = pilot.up(fails=True)
    assert "cohorts.pilot: nobody was told of the new level" in printed
    assert pilot.profiles() == set()
    assert "claude-code-pilot" not in {role["RoleName"] for role in pilot.aws("iam").list_roles()["Roles"]}
    again = pilot.up(fails=True)
    urns = {line.split("'")[1] for line in again.splitlines() if "pulumi up --replace" in line}
    assert {urn.rpartition("::")[2] for urn in urns} == {"pilot-announcement-level", "pilot-announcement-access"}
    pilot.aws_control("/sandbox/faults", "DELETE")
    pilot.up(*(word for urn in sorted(urns) for word in ("--replace", urn)))
    assert told(pilot)[-1] == ("active", "rolled_back")
    assert url
