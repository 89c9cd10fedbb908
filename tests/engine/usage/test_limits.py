"""Who comes near a budget is told once; who is throttled and has used up the day's tokens is denied, and nobody else."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.drill.traffic import bedrock
from tests.engine.access.test_levels import set_level
from tests.engine.usage.test_metering import ask, usage_lines
from tests.engine.world import World

ALICE, BOB = "alice.chen@acme.example", "bob.kim@acme.example"
POLICY = "arn:aws:iam::123456789012:policy/claude-code-pilot-quota-1"
PATIENCE_SECONDS = 120.0


def notices(world: World) -> list[dict[str, Any]]:
    world.settle()
    return world.aws_control("/sandbox/notices")


def denied(world: World, session: dict[str, Any], profile: str, patience: float = 0.0) -> bool:
    """Whether the session is denied, at once or before long."""
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 16, "messages": [{"role": "user", "content": "?"}]}
    deadline = time.monotonic() + patience
    while True:
        try:
            bedrock(world, session).invoke_model(modelId=profile, body=json.dumps(body))["body"].read()
        except ClientError as error:
            if "with an explicit deny" in str(error):
                return True
            raise
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)


def quota(world: World) -> dict[str, Any]:
    version = world.aws("iam").get_policy(PolicyArn=POLICY)["Policy"]["DefaultVersionId"]
    found = world.aws("iam").get_policy_version(PolicyArn=POLICY, VersionId=version)
    return found["PolicyVersion"]["Document"]


def test_a_user_near_the_days_budget_gets_one_notice_on_each_way_and_not_two(
    pilot: World,
) -> None:
    profile = pilot.cohorts()["pilot"]["profile_arns"]["sonnet"]
    pilot.aws_control("/sandbox/notices", "DELETE")
    session = pilot.sign_in(ALICE, "pilot")
    ask(pilot, session, profile, "[tokens input=0 output=1599999]")  # 15.99999 of 20 dollars
    assert notices(pilot) == []
    for _ in range(3):
        ask(pilot, session, profile, "[tokens input=0 output=1]")
    told = notices(pilot)
    assert sorted((notice["by"], *notice["to"]) for notice in told) == [("email", ALICE), ("slack", ALICE)]
    assert all("$16.00 of your $20.00 for today" in json.dumps(notice) for notice in told)


def test_a_throttled_user_is_denied_after_fifty_thousand_tokens_and_another_is_not(pilot: World) -> None:
    profile = pilot.cohorts()["pilot"]["profile_arns"]["haiku"]
    set_level(pilot, "throttled")
    pilot.up()
    alice, bob = pilot.sign_in(ALICE, "pilot"), pilot.sign_in(BOB, "pilot")
    for session in (alice, bob):
        ask(pilot, session, profile, "[tokens input=49000 output=0 cache_read=1000000]")
    pilot.settle()
    assert not denied(pilot, alice, profile)
    ask(pilot, alice, profile, "[tokens input=1000 output=0]")
    assert denied(pilot, alice, profile, PATIENCE_SECONDS)
    assert not denied(pilot, bob, profile)

    # Pulumi lets the meter's writing be.
    pilot.settle()
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
    pilot.up("--refresh")
    assert denied(pilot, alice, profile)

    # After midnight.
    document = quota(pilot)
    until = document["Statement"][0]["Condition"]["DateLessThan"]
    assert datetime.fromisoformat(until["aws:CurrentTime"]) - datetime.now(UTC) < timedelta(days=1)
    until["aws:CurrentTime"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    pilot.aws("iam").create_policy_version(PolicyArn=POLICY, PolicyDocument=json.dumps(document), SetAsDefault=True)
    assert not denied(pilot, alice, profile)

    # Or with the level. (It is the same day still: the call just now is one more past the quota.)
    assert denied(pilot, alice, profile, PATIENCE_SECONDS)
    pilot.settle()
    set_level(pilot, "active")
    pilot.up()
    assert not denied(pilot, alice, profile)
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


def test_a_user_over_a_dollar_stop_is_denied_while_all_is_well_and_let_go_by_the_update_that_raises_it(
    pilot: World,
) -> None:
    """Also by a profile's bare id; nobody else is stopped."""
    profile = pilot.cohorts()["pilot"]["profile_arns"]["opus"]

    def stop_at(usd: int) -> None:
        with pilot.stack_file() as config:
            config["claude-code-rollout:budgets"]["user_daily_stop_usd"] = usd
        pilot.up()

    stop_at(60)
    alice, bob = pilot.sign_in(ALICE, "pilot"), pilot.sign_in(BOB, "pilot")
    for session in (alice, bob):
        ask(pilot, session, profile, "[tokens input=0 output=2999999]")  # a hair below 60 dollars
    pilot.settle()
    assert not denied(pilot, alice, profile)
    ask(pilot, alice, profile.rpartition("/")[2], "[tokens input=0 output=100]")
    assert denied(pilot, alice, profile, PATIENCE_SECONDS)
    assert not denied(pilot, bob, profile)
    [statement] = quota(pilot)["Statement"]
    until = datetime.fromisoformat(statement["Condition"]["DateLessThan"]["aws:CurrentTime"])
    assert until - datetime.now(UTC) < timedelta(days=1)
    assert (until.hour, until.minute) == (0, 0)
    pilot.settle()
    stop_at(100)
    assert not denied(pilot, alice, profile)
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")


def test_a_denied_call_is_written_down_with_who_made_it(pilot: World) -> None:
    profile = pilot.cohorts()["pilot"]["profile_arns"]["haiku"]
    session = pilot.sign_in(ALICE, "pilot")
    set_level(pilot, "suspended")
    pilot.up()
    assert denied(pilot, session, profile)
    pilot.settle()
    [line] = [line for line in usage_lines(pilot) if line.get("Denied")]
    assert (line["user_id"], line["action"], line["resource"]) == (ALICE, "InvokeModel", profile)
    alarms = pilot.aws("cloudwatch").describe_alarms(AlarmNames=["claude-code-pilot-denied"])["MetricAlarms"]
    assert [alarm["TreatMissingData"] for alarm in alarms] == ["notBreaching"]


def test_a_credential_that_was_found_is_a_metric_that_an_alarm_watches(pilot: World) -> None:
    logs, group = pilot.aws("logs"), "/claude-code/findings"
    logs.create_log_stream(logGroupName=group, logStreamName="by-hand")
    for line in ({"finding": "credential", "kind": "aws_access_key_id", "repository": "acme/app"}, {"other": 1}):
        event = {"timestamp": int(time.time() * 1000), "message": json.dumps(line)}
        logs.put_log_events(logGroupName=group, logStreamName="by-hand", logEvents=[event])
    now = datetime.now(UTC)
    [alarm] = pilot.aws("cloudwatch").describe_alarms(AlarmNames=["claude-code-credential-found"])["MetricAlarms"]
    [watched] = alarm["Metrics"]
    found = pilot.aws("cloudwatch").get_metric_statistics(
        **{key: watched["MetricStat"]["Metric"][key] for key in ("Namespace", "MetricName")},
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    assert sum(point["Sum"] for point in found) == 1
    assert {arn.rpartition(":")[2] for arn in alarm["AlarmActions"]} == {
        "claude-code-security",
        "claude-code-engineering",
    }
