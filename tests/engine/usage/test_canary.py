"""`rollout doctor --prove` on a deployed stack: what it proves, what it says where enforcement is broken, what is left."""

from __future__ import annotations

import json
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollout.usage import canary
from tests.engine.usage.test_limits import ALICE, BOB, POLICY, denied, notices, quota
from tests.engine.usage.test_metering import ask, usage_lines
from tests.engine.world import World

ROLE, TABLE, METER = "claude-code-pilot", "claude-code-usage", "claude-code-meter"


@dataclass(frozen=True, kw_only=True)
class Said:
    code: int
    text: str
    found: dict[str, Any]


def prove(world: World) -> Said:
    """As a program and as a person read it: two proofs."""
    plain, as_json = (world.command("doctor", "--prove", "-s", "sandbox", *more) for more in ((), ("--json",)))
    assert plain.returncode == as_json.returncode, (plain.stdout, plain.stderr, as_json.stdout)
    return Said(code=as_json.returncode, text=f"{plain.stdout}{plain.stderr}".strip(), found=json.loads(as_json.stdout))


def stop_at(world: World, usd: int) -> None:
    with world.stack_file() as config:
        config["claude-code-rollout:budgets"]["user_daily_stop_usd"] = usd
    world.up()


def items(world: World) -> dict[str, dict[str, Any]]:
    found = world.aws("dynamodb").scan(TableName=TABLE, ConsistentRead=True)["Items"]
    return {item["id"]["S"]: item for item in found}


def of_people(world: World) -> dict[str, dict[str, Any]]:
    """Every item but the lease, and what is known of the policy."""
    return {key: item for key, item in items(world).items() if key != canary.LEASE and not key.startswith("stops#")}


def metric(world: World) -> list[float]:
    """What CloudWatch has, since ever."""
    now = datetime.now(UTC)
    points = world.aws("cloudwatch").get_metric_statistics(
        Namespace="ClaudeCode/Rollout",
        MetricName=canary.METRIC,
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=5),
        Period=3600,
        Statistics=["Minimum", "Maximum"],
    )["Datapoints"]
    return sorted({value for point in points for value in (point["Minimum"], point["Maximum"])})


@contextmanager
def failing(world: World, operation: str) -> Generator[None]:
    world.aws_control("/sandbox/faults", "POST", {"match": f"^{operation}$", "status": 500, "every": 1})
    try:
        yield
    finally:
        world.aws_control("/sandbox/faults", "DELETE")


def test_it_proves_that_stops_are_enforced_and_leaves_nothing_and_stops_nobody(pilot: World) -> None:
    nothing = prove(pilot)
    assert (nothing.code, nothing.found["proven"]) == (0, None)
    assert nothing.text == "nothing to prove: no stop is configured, and nobody is throttled"
    assert metric(pilot) == []

    stop_at(pilot, 60)
    assert metric(pilot) == [1.0], "the update that brought the stop made a first proof"
    profile = pilot.cohorts()["pilot"]["profile_arns"]["haiku"]
    alice, bob = pilot.sign_in(ALICE, "pilot"), pilot.sign_in(BOB, "pilot")
    for session in (alice, bob):
        ask(pilot, session, profile, "[tokens input=10 output=10]")
    pilot.settle()
    before, lines, told = of_people(pilot), usage_lines(pilot), notices(pilot)

    said = prove(pilot)
    assert said.code == 0, said.text
    assert said.text.startswith("enforced: ")
    assert (
        "from the record that reached USD 60.00 a day to the Deny, by claude-code-pilot-quota-1; counted " in said.text
    )
    assert (said.found["proven"], said.found["why"], said.found["policies"]) == (
        True,
        [],
        ["claude-code-pilot-quota-1"],
    )
    assert float(said.found["usd"]) == pytest.approx(60, abs=1e-4)
    assert said.found["seconds"] > 0

    pilot.settle()
    assert (of_people(pilot), usage_lines(pilot), notices(pilot)) == (before, lines, told)
    assert canary.SESSION not in json.dumps([quota(pilot), items(pilot)])
    assert not any(denied(pilot, session, profile) for session in (alice, bob))
    report = pilot.command("report", "-s", "sandbox", "--json")
    assert canary.SESSION not in report.stdout

    # Two people at once.
    with ThreadPoolExecutor() as threads:
        both = list(threads.map(lambda _: pilot.command("doctor", "--prove", "-s", "sandbox"), range(2)))
    assert [one.returncode for one in both] == [0, 0], [one.stdout + one.stderr for one in both]
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")

    alarms = pilot.aws("cloudwatch").describe_alarms(AlarmNamePrefix="claude-code-enforcement-")["MetricAlarms"]
    assert {alarm["AlarmName"].rpartition("enforcement-")[2]: alarm["TreatMissingData"] for alarm in alarms} == {
        "broken": "ignore",
        "not-proven": "breaching",
    }
    schedule = pilot.aws("scheduler").get_schedule(Name="claude-code-enforcement-proof")
    assert json.loads(schedule["Target"]["Input"]) == {"prove": "nightly"}


def test_whatever_of_enforcement_is_broken_is_said_with_exit_1_and_the_metric_is_zero(pilot: World) -> None:
    stop_at(pilot, 60)
    iam = pilot.aws("iam")

    def is_broken(words: str) -> None:
        said = prove(pilot)
        assert (said.code, said.found["proven"]) == (1, False), said.text
        assert said.text.startswith("NOT enforced")
        assert words in said.text
        assert "Traceback" not in said.text

    iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICY)
    is_broken("it is not attached")
    assert metric(pilot) == [0.0, 1.0]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=POLICY)
    assert prove(pilot).code == 0

    with failing(pilot, "CreatePolicyVersion"):
        is_broken("the stop was not written: CreatePolicyVersion")
    assert prove(pilot).code == 0, "what the failed one left is cleared up"
    assert canary.SESSION not in json.dumps([quota(pilot), items(pilot)])

    logs = pilot.aws("logs")
    [kept] = logs.describe_subscription_filters(logGroupName="/claude-code/invocations")["subscriptionFilters"]
    logs.delete_subscription_filter(logGroupName="/claude-code/invocations", filterName=kept["filterName"])
    is_broken("no subscription hands the records of /claude-code/invocations to claude-code-meter")
    logs.put_subscription_filter(
        **{name: kept[name] for name in ("logGroupName", "filterName", "filterPattern", "destinationArn")}
    )
    assert prove(pilot).code == 0

    # Killed half-way: what was there when it was.
    key = f"user-day#{canary.SESSION}#{datetime.now(UTC):%Y-%m-%d}"
    dynamodb = pilot.aws("dynamodb")
    dynamodb.put_item(TableName=TABLE, Item={"id": {"S": key}, "usd": {"N": "60"}, "requests": {"N": "2"}})
    dynamodb.update_item(
        TableName=TABLE,
        Key={"id": {"S": f"stops#{POLICY}"}},
        UpdateExpression="ADD #keys :keys",
        ExpressionAttributeNames={"#keys": "keys"},
        ExpressionAttributeValues={":keys": {"SS": [key]}},
    )
    assert prove(pilot).code == 0
    assert canary.SESSION not in json.dumps([quota(pilot), items(pilot)])

    dynamodb.update_table(TableName=TABLE, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=TABLE)
    is_broken("the meter's table: UpdateItem: ResourceNotFoundException")


def test_who_may_not_ask_and_a_meter_that_is_away_are_told_in_words_with_exit_3(pilot: World) -> None:
    stop_at(pilot, 60)

    def cannot(words: str) -> None:
        said = pilot.command("doctor", "--prove", "-s", "sandbox")
        assert (said.returncode, words in " ".join(said.stderr.split())) == (3, True), said.stderr
        assert "Traceback" not in said.stderr

    pilot.aws("lambda").put_function_concurrency(FunctionName=METER, ReservedConcurrentExecutions=0)
    pilot.aws("lambda").delete_function_concurrency(FunctionName=METER)
    pilot.aws("lambda").delete_function(FunctionName=METER)
    cannot("there is no function claude-code-meter here: nothing counts or stops; run `pulumi up`")
