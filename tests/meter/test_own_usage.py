"""What the meter writes down for each person, and what is shown of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest
from rollout_me import text

from functions import own_usage
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.incidents.cut_rules import advance
from rollout.names import own_usage as key
from rollout.usage.meter_input import meter_settings
from rollout.usage.own_usage import own_item
from rollout.usage.thresholds import Limits, Raise
from tests.meter.test_usage import record
from tests.meter.world import ALICE, SETTINGS, TABLE, World, deliver
from tests.review.changes import alice, changed, pilot

TODAY = "2026-11-23"
TRUST = {"Version": "2012-10-17", "Statement": []}
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIMITS = Limits.read(SETTINGS["limits"], {})
THROTTLED = replace(LIMITS, throttled=frozenset({ALICE}))
STOPPED = replace(LIMITS, stops={"user-day": "20", "user-month": "300", "month": "9000"})
NO_LEVELS: dict[str, Any] = {"cohorts": {}, "people": {}}


@pytest.fixture
def role_id(world: World) -> str:  # noqa: ARG001  its AWS
    own_usage._role_id.cache_clear()
    made = boto3.client("iam").create_role(RoleName="claude-code-pilot", AssumeRolePolicyDocument=json.dumps(TRUST))
    return made["Role"]["RoleId"]


def item(world: World, role_id: str) -> dict[str, Any]:
    found = world.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": key(f"{role_id}:{ALICE}")}})
    return found.get("Item", {})


def test_what_a_person_used_is_under_the_key_that_iam_compares_with_their_session(world: World, role_id: str) -> None:
    deliver(record(), record(requestId="r-2"))
    found = item(world, role_id)
    said = json.loads(found["said"]["S"])
    assert (found["day"]["S"], said["requests"], said["usd"], said["budget_usd"]) == (TODAY, 2, "0.01995", "50")
    assert (said["level"], said["cohort"], said["stops"]) == ("active", "pilot", [])


def test_a_later_day_takes_its_place_and_an_earlier_one_that_comes_late_does_not(world: World, role_id: str) -> None:
    deliver(record(timestamp="2026-11-24T08:00:00Z"))
    deliver(record(requestId="r-2"), by="late")
    assert item(world, role_id)["day"]["S"] == "2026-11-24"


def test_a_copy_that_is_behind_does_not_take_the_place_of_a_newer_one(world: World, role_id: str) -> None:
    deliver(record(), record(requestId="r-2"))
    own_usage._put(f"{role_id}:{ALICE}", TODAY, {"requests": 1}, {"requests": Decimal(1)}, TABLE)
    assert json.loads(item(world, role_id)["said"]["S"])["requests"] == 2


def test_where_the_role_is_gone_everything_is_counted_and_nothing_is_written_down(world: World) -> None:
    own_usage._role_id.cache_clear()
    assert deliver(record())["Counted"] == 1
    assert world.counter(f"user-day#{ALICE}#{TODAY}")["requests"] == 1


COUNTED = {"requests": Decimal(3), "usd": Decimal("12.5"), "input": Decimal(40_000), "cache_read": Decimal(900_000)}


def said(limits: Limits = LIMITS, levels: dict[str, Any] = NO_LEVELS) -> dict[str, Any]:
    item = own_item(ALICE, "pilot", COUNTED, limits, levels, month_usd=Decimal("240.5"), now=NOW)
    return {**item, "day": TODAY, "at": f"{TODAY}T12:00:00Z"}


def test_the_line_says_what_was_used_and_of_whom_is_throttled_what_is_left_and_why() -> None:
    assert text.line(said(), TODAY) == "Claude Code: today USD 12.50 of 50.00"
    levels = {"cohorts": {}, "people": {ALICE: {"level": "throttled", "why": "INC-7"}}}
    assert text.line(said(THROTTLED, levels), TODAY) == (
        "Claude Code: today USD 12.50 of 50.00, throttled (INC-7), 10,000 tokens left"
    )


def test_a_cohorts_level_is_that_of_its_people() -> None:
    levels = {"cohorts": {"pilot": {"level": "restricted", "why": "INC-9"}}, "people": {}}
    assert "Level:        restricted (INC-9), cohort pilot" in text.everything(said(LIMITS, levels), TODAY)


def test_on_the_next_day_nothing_is_used_and_everything_is_left() -> None:
    line = text.line(said(THROTTLED), "2026-11-24")
    assert line == "Claude Code: today USD 0.00 of 50.00, 50,000 tokens left"
    assert "in 0 requests" in text.everything(said(), "2026-11-24")


def test_a_stop_in_dollars_of_the_day_and_of_the_month_is_shown_and_no_other_persons() -> None:
    shown = said(STOPPED)
    assert text.line(shown, TODAY) == (
        "Claude Code: today USD 12.50 of 50.00, USD 7.50 left, USD 59.50 left of the month's"
    )
    told = text.everything(shown, TODAY)
    assert "Left:         USD 7.50 of USD 20.00; then nothing until 24:00 UTC" in told
    assert "Left:         USD 59.50 of USD 300.00 of the month's; then nothing until the month ends" in told
    assert "9,000" not in told


def test_a_day_later_the_days_stop_is_whole_again_and_the_months_is_not() -> None:
    assert text.line(said(STOPPED), "2026-11-24").endswith("USD 20.00 left, USD 59.50 left of the month's")
    assert text.line(said(STOPPED), "2026-12-01").endswith("USD 20.00 left, USD 300.00 left of the month's")


def test_a_raise_is_what_is_left_until_it_ends() -> None:
    raised = replace(STOPPED, raises={ALICE: Raise(until="2026-11-23T18:00:00+00:00", stops={"user-day": "100"})})
    assert "USD 87.50 left" in text.line(said(raised), TODAY)


def test_an_end_of_access_is_shown_and_in_the_line_once_it_is_near() -> None:
    levels = {**NO_LEVELS, "ends": {ALICE: "2026-12-07T00:00:00+00:00"}}
    shown = said(levels=levels)
    assert "Ends:         2026-12-07 00:00 UTC; whoever gave you access" in text.everything(shown, TODAY)
    assert text.line(shown, TODAY) == "Claude Code: today USD 12.50 of 50.00, access ends 2026-12-07 00:00 UTC"
    assert "ends" not in text.line(shown, "2026-11-22")
    assert "ends" not in text.line(said(), TODAY).lower() + text.everything(said(), TODAY).lower().replace(
        "depends", ""
    )


def test_the_meter_is_told_when_whose_access_ends_by_each_name_of_a_session() -> None:
    file = changed(alice(until="2026-12-06"), pilot(until="2027-12-31"))
    record = advance(Record(), file, {"alice.chen@acme.example": ("A.Chen@acme.example",)}, NOW)
    levels = meter_settings(file, Account("123456789012", "us-east-1"), record)["levels"]
    early, late = "2026-12-07T00:00:00+00:00", "2028-01-01T00:00:00+00:00"
    people = {"alice.chen@acme.example": early, "a.chen@acme.example": early, "grace.liu@acme.example": late}
    assert levels["ends"] == people
    assert "ends" not in meter_settings(changed(), Account("123456789012", "us-east-1"), Record())["levels"]


def test_who_was_never_counted_is_told_so() -> None:
    assert text.line({}, TODAY) == "Claude Code: today USD 0.00"
    assert text.everything({}, TODAY) == "Nothing of yours was counted yet."


def test_no_text_moves_the_terminals_cursor() -> None:
    assert "\x1b" not in text.everything({**said(), "why": "\x1b[2J"}, TODAY) + text.line(
        {**said(), "level": "x\x1b"}, TODAY
    )
