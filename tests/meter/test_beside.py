"""Cohorts of another stack of the account, whose use this stack's meter counts by what that stack has written down."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from functions import meter
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import advance
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from rollout.usage.meter_input import cohort_item, counted_policies, profile_item
from tests import stacks
from tests.meter import test_denials
from tests.meter.test_usage import record
from tests.meter.world import TABLE, World, deliver

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
BOB = "bob.ray@acme.example"
LOG = "/claude-code/trial/usage"
PROFILE = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/trial1234567"
CALLER = f"arn:aws:sts::123456789012:assumed-role/claude-code-trial/{BOB}"


def second(**member: Any) -> tuple[Rollout, Record]:
    cohorts = {
        "trial": {
            "level": "active",
            "models": ["haiku"],
            "members": {BOB: {"name": "Bob", "team": "platform", **member}},
        }
    }
    rollout = load(stacks.config({**stacks.small(), "cohorts": cohorts, "adopt": {"meter": True}}), stacks.COMPANY, NOW)
    return rollout, advance(Record(), rollout, None, NOW)


@pytest.fixture
def told(world: World) -> World:
    """The table has what the second stack writes, and that stack's log group is there."""
    rollout, record = second()
    for item in (cohort_item(rollout, record, "trial"), profile_item("trial", "haiku", PROFILE)):
        world.dynamodb.put_item(TableName=TABLE, Item=item)
    world.logs.create_log_group(logGroupName=LOG)
    return world


def lines(world: World) -> list[dict[str, Any]]:
    found: list[Any] = world.logs.filter_log_events(logGroupName=LOG)["events"]
    return [json.loads(event["message"]) for event in found]


def call(number: str = "r-9", **changes: Any) -> dict[str, Any]:
    return record(**{"requestId": number, "identity": {"arn": CALLER}, "modelId": PROFILE, **changes})


@pytest.mark.slow
def test_their_use_is_counted_at_their_prices_for_their_team_and_is_no_shadow(told: World) -> None:
    assert deliver(call(), record())["ShadowUse"] == 0
    usd = Decimal(1200 * 1 + 300 * 5) / 10**6 + (Decimal("0.1") * 5000 + Decimal("1.25") * 100) / 10**6
    assert told.counter(f"user-day#{BOB}#2026-11-23")["usd"] == usd
    assert told.counter("team-day#platform#2026-11-23")["usd"] == usd
    assert told.counter("month#2026-11")["requests"] == 2, "an account has one budget"
    assert told.dead() == []
    [line] = lines(told)
    assert (line["cohort"], line["team"], line["model"], line["user_id"]) == ("trial", "platform", "haiku", BOB)
    assert len(told.lines()) == 1, "the first stack's log has its own alone"


@pytest.mark.slow
@pytest.mark.usefixtures("told")
def test_of_another_stacks_cohort_no_role_is_asked_for_and_no_own_view_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The meter may not read that role."""
    kept: list[tuple[str, str, str]] = []

    def write_down(people: Iterable[tuple[str, str, str]], *_: object) -> None:
        kept.extend(people)

    monkeypatch.setattr(meter, "write_down", write_down)
    deliver(call(), record())
    assert {cohort for _, cohort, _ in kept} == {"pilot"}


@pytest.mark.slow
def test_a_role_that_is_only_called_like_a_cohorts_stays_shadow_use(world: World) -> None:
    assert deliver(call())["ShadowUse"] == 1
    assert world.counter("month#2026-11") == {}


@pytest.mark.slow
@pytest.mark.usefixtures("told")
def test_the_same_role_in_another_account_stays_shadow_use() -> None:
    elsewhere = {"arn": CALLER.replace("123456789012", "999988887777")}
    assert deliver(call(identity=elsewhere))["ShadowUse"] == 1


@pytest.mark.slow
def test_what_they_call_of_the_first_stacks_is_counted_to_them_and_doubted(told: World) -> None:
    summary = deliver(call(modelId=record()["modelId"]))
    assert (summary["Counted"], summary["Unknown"]) == (1, 1)
    assert lines(told)[0]["cohort"] == "trial"


@pytest.mark.slow
def test_a_cohort_is_known_from_the_moment_on_at_which_its_stack_has_written_it_down(world: World) -> None:
    assert deliver(call("r-1"))["ShadowUse"] == 1
    world.dynamodb.put_item(TableName=TABLE, Item=cohort_item(*second(), "trial"))
    world.logs.create_log_group(logGroupName=LOG)
    assert deliver(call("r-2"), by="second")["ShadowUse"] == 0


@pytest.mark.slow
def test_a_call_that_iam_denied_them_is_in_their_log(told: World) -> None:
    test_denials.tell(test_denials.event(userIdentity={"type": "AssumedRole", "arn": CALLER}))
    [line] = lines(told)
    assert (line["cohort"], line["team"], line["Denied"]) == ("trial", "platform", 1)


def test_the_meter_may_write_that_cohorts_log_and_no_other() -> None:
    [policy] = counted_policies(Account("123456789012", "us-east-1"), ["trial"])
    [statement] = policy["Statement"]
    assert statement["Resource"] == [
        "arn:aws:logs:us-east-1:123456789012:log-group:/claude-code/trial/usage:log-stream:meter"
    ]
