"""What follows from a counter: one notice per period, and nobody throttled uses more than their tokens of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from functions import budget_actions, meter
from functions.quota_policy import IamPolicy, TableItem
from functions.quota_writer import BusyError
from tests.meter.people import BOB, MONTH, NOW, TODAY, Throttled, alerts, of
from tests.meter.world import ALICE, SETTINGS, TABLE, World, breaking, deliver


def test_a_user_who_crosses_forty_dollars_is_told_once_with_the_numbers_and_a_link(world: World) -> None:
    deliver(of(ALICE, 1, 2_660_000))
    assert alerts(world) == []
    deliver(of(ALICE, 2, 7_000), by="second")
    assert alerts(world) == [
        {
            "id": f"user-day#{ALICE}#{TODAY}",
            "whose": "user",
            "name": ALICE,
            "period": TODAY,
            "usd": "40.005",
            "budget_usd": "50",
            "to": ALICE,
            "link": SETTINGS["limits"]["link"],
        }
    ]
    deliver(of(ALICE, 3, 500_000), by="third")
    assert alerts(world) == []


@pytest.mark.slow
def test_a_team_is_told_of_to_its_lead_and_the_month_once_each(world: World) -> None:
    deliver(*(of(f"user{n}@acme.example", n, 1_000_000_000) for n in range(3)))
    deliver(of(ALICE, 1, 27_000_000), by="second")
    said = {alert["id"]: (alert["to"], alert["usd"]) for alert in alerts(world)}
    assert said == {
        f"user-day#{ALICE}#{TODAY}": (ALICE, "405"),
        f"team-day#backend#{TODAY}": ("lead@acme.example", "405"),
        f"month#{MONTH}": (None, "45000"),
        f"team-day#unknown#{TODAY}": (None, "45000"),
        **{f"user-day#user{n}@acme.example#{TODAY}": (None, "15000") for n in range(3)},
    }


def count_on(user: str, day: datetime) -> None:
    """Counted past the day's tokens, and not yet stopped for it."""
    meter.client("dynamodb").put_item(
        TableName=TABLE, Item={"id": {"S": f"user-day#{user}#{day:%Y-%m-%d}"}, "output": {"N": "60000"}}
    )


def count_and_ask(user: str, policy: str) -> None:
    count_on(user, NOW)
    TableItem(TABLE, policy).ask([f"user-day#{user}#{TODAY}"])


@pytest.mark.slow
@pytest.mark.parametrize("step", ["_tell", "_mark"])
def test_a_delivery_that_broke_before_telling_or_before_marking_is_told_of_once(
    step: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with breaking(budget_actions, step, monkeypatch):
        deliver(of(ALICE, 1, 3_000_000))
    deliver(of(ALICE, 1, 3_000_000))
    assert len(alerts(world)) == 1


@pytest.mark.slow
def test_a_throttled_user_who_has_used_up_their_tokens_is_denied_until_midnight_and_nobody_else(
    throttled: Throttled,
) -> None:
    deliver(of(ALICE, 1, 49_999), of(BOB, 1, 49_999))
    assert throttled.may_invoke(ALICE)
    deliver(of(ALICE, 2, 1), by="second")
    assert not throttled.may_invoke(ALICE)
    assert throttled.may_invoke(BOB)
    midnight = datetime.fromisoformat(f"{TODAY}T00:00:00+00:00") + timedelta(days=1)
    assert not throttled.may_invoke(ALICE, midnight - timedelta(seconds=1))
    assert throttled.may_invoke(ALICE, midnight)


@pytest.mark.slow
def test_what_was_read_from_the_cache_does_not_count_unless_it_is_set_to(throttled: Throttled) -> None:
    deliver({**of(ALICE, 1), "input": {"inputTokenCount": 1, "cacheReadInputTokenCount": 400_000}})
    assert throttled.may_invoke(ALICE)
    meter.settings()["limits"]["quota_kinds"] = ["cache_read"]
    deliver({**of(ALICE, 2), "input": {"inputTokenCount": 1}}, by="second")
    assert not throttled.may_invoke(ALICE)


@pytest.mark.slow
def test_yesterdays_tokens_stop_nobody_today(throttled: Throttled) -> None:
    late = {**of(ALICE, 1, 60_000), "timestamp": (NOW - timedelta(days=1)).isoformat()}
    deliver(late)
    assert throttled.may_invoke(ALICE)


@pytest.mark.slow
def test_who_is_counted_while_another_one_writes_is_stopped_as_well(
    throttled: Throttled, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, others = IamPolicy.put, [BOB]

    def overtaken(self: IamPolicy, document: Mapping[str, Any], before: str) -> str:
        if others:  # between this one's look and its write, another one is counted, and waits for the lease
            count_and_ask(others.pop(), throttled.policy)
        return put(self, document, before)

    monkeypatch.setattr(IamPolicy, "put", overtaken)
    deliver(of(ALICE, 1, 50_000))
    assert not throttled.may_invoke(ALICE)
    assert throttled.may_invoke(BOB)
    budget_actions.stop([f"user-day#{BOB}#{TODAY}"], throttled.policy, TABLE, meter.limits())
    assert not throttled.may_invoke(ALICE)
    assert not throttled.may_invoke(BOB)


@pytest.mark.slow
def test_many_users_at_many_invocations_are_all_stopped_and_old_versions_make_room(
    throttled: Throttled, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, one_by_one = BaseClient._make_api_call, Lock()

    def whole(self: BaseClient, *arguments: Any) -> Any:  # each call is one piece on AWS, several in moto
        with one_by_one:
            return call(self, *arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", whole)
    users = [f"user{n}@acme.example" for n in range(12)]
    meter.settings()["limits"] |= {"quota_policies": {throttled.policy: users}, "throttled": users}

    def use_up(user: str) -> None:
        deliver(of(user, 1, 60_000), by=user)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(use_up, users))
    [statement] = throttled.document()["Statement"]
    assert sorted(statement["Condition"]["StringLike"]["aws:userid"]) == sorted(f"*:{user}" for user in users)
    assert len(throttled.iam.list_policy_versions(PolicyArn=throttled.policy)["Versions"]) <= 5


def test_a_policy_that_went_with_its_level_fails_no_count(throttled: Throttled, world: World) -> None:
    meter.settings()["limits"]["quota_policies"] = {throttled.policy + "-gone": [ALICE]}
    deliver(of(ALICE, 1, 50_000))
    assert world.counter(f"month#{MONTH}")["requests"] == 1


def test_a_repeated_delivery_changes_no_policy(throttled: Throttled) -> None:
    for by in ("first", "first", "second"):
        deliver(of(ALICE, 1, 50_000), by=by)
    deliver(of(ALICE, 2, 50_000), by="third")
    assert len(throttled.iam.list_policy_versions(PolicyArn=throttled.policy)["Versions"]) == 2


def test_who_is_throttled_no_more_is_let_go_with_the_next_stop_and_nobody_else(throttled: Throttled) -> None:
    deliver(of(ALICE, 1, 60_000))
    assert not throttled.may_invoke(ALICE)
    meter.settings()["limits"]["throttled"] = [BOB]
    deliver(of(BOB, 1, 60_000), by="second")
    assert throttled.may_invoke(ALICE)
    assert not throttled.may_invoke(BOB)


@pytest.mark.slow
def test_who_began_before_midnight_and_writes_last_takes_back_no_stop_of_the_new_day(
    throttled: Throttled, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(of(ALICE, 1, 50_000))
    tomorrow = datetime.fromisoformat(f"{TODAY}T00:00:00+00:00") + timedelta(days=1, minutes=1)
    clock, read = [NOW], budget_actions.read
    monkeypatch.setattr(budget_actions, "_now", lambda: clock[-1])

    def slow(keys: Sequence[str], table: str) -> Any:
        found = read(keys, table)
        if clock == [NOW]:  # before the write a day ends, the lease with it, and another invocation stops Bob
            clock.append(tomorrow)
            count_on(BOB, tomorrow)
            budget_actions.stop([f"user-day#{BOB}#{tomorrow:%Y-%m-%d}"], throttled.policy, TABLE, meter.limits())
        return found

    monkeypatch.setattr(budget_actions, "read", slow)
    with pytest.raises(BusyError):  # it lost its lease, and has no time left for another
        budget_actions.stop([f"user-day#{ALICE}#{TODAY}"], throttled.policy, TABLE, meter.limits())
    assert not throttled.may_invoke(BOB, tomorrow)
    assert throttled.may_invoke(ALICE, tomorrow)


def test_a_policy_that_is_too_large_is_said_at_once_and_not_taken_for_somebody_elses_change(
    throttled: Throttled, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, tries = BaseClient._make_api_call, list[str]()

    def refuse(self: BaseClient, operation: str, given: Any) -> Any:
        if operation != "CreatePolicyVersion":
            return call(self, operation, given)
        tries.append(given["PolicyArn"])
        said = {"Code": "LimitExceeded", "Message": "Cannot exceed quota for PolicySize: 6144"}
        raise ClientError({"Error": said}, operation)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    with pytest.raises(ClientError, match="PolicySize"):
        deliver(of(ALICE, 1, 60_000))
    assert tries == [throttled.policy]
