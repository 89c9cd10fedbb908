"""A counter that is spread over items is what its items hold: nothing lost, nothing twice, and stopped as before."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions import meter
from functions.clients import client
from functions.counting import shards
from functions.counting.shards import MET_BEFORE, READ_EACH_TIME, READ_SECONDS, due, memory, read
from rollout.usage.shards import SHARDS, amounts, counter_of, shard
from tests.meter.people import BOB, MONTH, TODAY, Throttled, of
from tests.meter.test_usage import record
from tests.meter.world import ALICE, TABLE, World, deliver
from tests.simulation.company import Company
from tests.simulation.run import simulated

pytestmark = pytest.mark.slow

MONTH_COUNTER, TEAM = f"month#{MONTH}", f"team-day#backend#{TODAY}"


def widen(world: World, counter: str, wide: int) -> None:
    """As another process has done it meanwhile."""
    world.dynamodb.update_item(
        TableName=TABLE,
        Key={"id": {"S": counter}},
        UpdateExpression="SET shards = :wide",
        ExpressionAttributeValues={":wide": {"N": str(wide)}},
    )
    memory().widths[counter] = wide


def items(world: World, counter: str) -> list[Mapping[str, Any]]:
    found = world.dynamodb.scan(TableName=TABLE)["Items"]
    return [item for item in found if counter_of(item["id"]["S"]) == counter]


@pytest.mark.parametrize("seed", range(4))
def test_sums_are_an_independent_count_however_deliveries_meet_repeat_and_are_called_again(seed: int) -> None:
    """Each counter to the last digit; `simulated` runs invocations of the meter in turns that a seed chooses."""
    busy = Company(people=2_000, together=10)
    found = simulated(busy, seconds=2, delivered=4, table_writes=40_000, wide=1 + seed, seed=seed)
    assert found.counted["conflicts"] > 0
    assert found.requests == len(found.lags) > 100
    assert found.differences == 0


def test_a_table_that_takes_too_little_for_a_while_loses_nothing_either() -> None:
    found = simulated(Company(people=500, together=4), seconds=3, delivered=4, table_writes=250)
    assert found.counted["throttled"] > 0
    assert found.differences == 0


def test_what_was_counted_before_there_were_shards_is_summed_and_stays_where_it_is(world: World) -> None:
    deliver(of(ALICE, 1, 1_000_000))  # 15 dollars, as the meter of before wrote them
    before = world.counter(MONTH_COUNTER)
    widen(world, MONTH_COUNTER, 8)
    for number in range(2, 12):
        deliver(of(ALICE, number, 1_000_000), by=f"i-{number}")
    assert len(items(world, MONTH_COUNTER)) > 2
    assert world.counter(MONTH_COUNTER)["usd"] < 165
    held = read([MONTH_COUNTER], TABLE)[MONTH_COUNTER].held
    assert (held["usd"], held["requests"]) == (11 * before["usd"], 11)
    assert set(held) == {"requests", "input", "output", "cache_read", "cache_write", "usd"}


def test_a_request_that_comes_again_counts_nothing_whatever_item_it_would_go_to(world: World) -> None:
    widen(world, f"month#{record()['timestamp'][:7]}", 16)
    for number in range(12):
        deliver(record(), by=f"i-{number}")
    assert sum(amounts(item)["requests"] for item in items(world, "month#2026-11") if "requests" in item) == 1


def refuse(times: int, key: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Transactions meet others at this item so many times; the items that were tried."""
    real, tried = client("dynamodb").transact_write_items, list[str]()

    def transact(**request: Any) -> Any:
        keys = [
            action.get("Update", {}).get("Key", {}).get("id", {}).get("S", "") for action in request["TransactItems"]
        ]
        [mine] = [one for one in keys if counter_of(one) == key]
        tried.append(mine)
        if len(tried) > times:
            return real(**request)
        codes = [{"Code": "TransactionConflict" if one == mine else "None"} for one in keys]
        told: Any = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": codes}
        raise client("dynamodb").exceptions.TransactionCanceledException(told, "TransactWriteItems")

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", transact)
    monkeypatch.setattr(meter.time, "sleep", lambda _: None)
    return tried


def test_a_counter_is_widened_where_a_delivery_meets_others_three_times_and_no_sooner(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as busy:
        refuse(MET_BEFORE - 1, MONTH_COUNTER, busy)
        deliver(of(ALICE, 1))
    assert [item["id"]["S"] for item in items(world, MONTH_COUNTER)] == [MONTH_COUNTER]
    assert "shards" not in items(world, MONTH_COUNTER)[0]
    refuse(MET_BEFORE + 2, MONTH_COUNTER, monkeypatch)
    deliver(of(ALICE, 2), by="second")
    assert world.counter(MONTH_COUNTER)["shards"] == 8
    assert read([MONTH_COUNTER], TABLE)[MONTH_COUNTER].held["requests"] == 2
    assert "shards" not in world.counter(TEAM)


def test_a_persons_own_counter_is_one_item_and_none_becomes_wider_than_the_most(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = f"user-day#{ALICE}#{TODAY}"
    refuse(9, person, monkeypatch)
    deliver(of(ALICE, 1))
    assert "shards" not in world.counter(person)
    widen(world, MONTH_COUNTER, SHARDS)
    refuse(9, MONTH_COUNTER, monkeypatch)
    deliver(of(ALICE, 2), by="second")
    assert world.counter(MONTH_COUNTER)["shards"] == SHARDS


def test_nothing_is_written_beyond_what_the_first_item_says(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "TransactionConflictException", "Message": ""}}, "UpdateItem")

    with monkeypatch.context() as refused:
        refused.setattr(client("dynamodb"), "update_item", busy)
        tried = refuse(9, MONTH_COUNTER, refused)
        deliver(of(ALICE, 1))
    assert set(tried) == {MONTH_COUNTER}
    widen(world, MONTH_COUNTER, 4)
    memory().widths.clear()
    refuse(1, MONTH_COUNTER, monkeypatch)
    deliver(of(ALICE, 2), by="second")
    assert memory().widths[MONTH_COUNTER] == 4  # what others have widened is known by the first refusal


def test_a_stop_in_dollars_fires_at_the_same_record_though_the_sum_is_spread(
    throttled: Throttled, world: World
) -> None:
    throttled.limits |= {"throttled": [], "stops": {"month": "6"}}
    widen(world, MONTH_COUNTER, READ_EACH_TIME)
    for number in range(5):
        deliver(of(BOB, number, 79_999), by=f"i-{number}")
    assert throttled.may_invoke(ALICE)
    deliver(of(BOB, 5, 10), by="the last")
    assert not throttled.may_invoke(ALICE)


def test_the_sum_of_a_wide_counter_is_read_once_in_five_seconds_and_a_stop_is_no_later_than_that(
    throttled: Throttled, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled.limits |= {"throttled": [], "stops": {"month": "6"}}
    widen(world, MONTH_COUNTER, 2 * READ_EACH_TIME)
    now = [1_000.0]
    monkeypatch.setattr(shards.time, "monotonic", lambda: now[-1])
    deliver(of(BOB, 1, 100))
    now.append(now[-1] + READ_SECONDS - 0.1)
    deliver(of(BOB, 2, 600_000), by="second")
    assert throttled.may_invoke(ALICE)
    assert due([MONTH_COUNTER, TEAM]) == [TEAM]
    now.append(now[-1] + 0.1)
    deliver(of(BOB, 3, 1), by="third")
    assert not throttled.may_invoke(ALICE)


def test_the_table_is_asked_again_for_what_it_left_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(of(ALICE, 1))
    widen(world, MONTH_COUNTER, SHARDS)
    for number in range(2, 30):
        deliver(of(ALICE, number), by=f"i-{number}")
    real, random = client("dynamodb").batch_get_item, Random(3)  # noqa: S311

    def partly(RequestItems: Any) -> Any:  # noqa: N803  boto3's name
        asked = RequestItems[TABLE]
        taken = [key for key in asked["Keys"] if random.random() < 0.7]
        left = [key for key in asked["Keys"] if key not in taken]
        answer = real(RequestItems={TABLE: {**asked, "Keys": taken}}) if taken else {"Responses": {}}
        return {**answer, "UnprocessedKeys": {TABLE: {**asked, "Keys": left}} if left else {}}

    monkeypatch.setattr(client("dynamodb"), "batch_get_item", partly)
    assert read([MONTH_COUNTER], TABLE)[MONTH_COUNTER].held["requests"] == 29


def test_a_delivery_is_as_few_transactions_as_there_can_be(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real, sizes = client("dynamodb").transact_write_items, list[int]()

    def noted(**request: Any) -> Any:
        sizes.append(len(request["TransactItems"]))
        return real(**request)

    monkeypatch.setattr(client("dynamodb"), "transact_write_items", noted)
    deliver(*(of(ALICE, number) for number in range(96)))
    deliver(*(of(f"user{number}@acme.example", 1) for number in range(40)), by="second")
    assert sizes == [100, 98, 26]
    assert world.counter(MONTH_COUNTER)["requests"] == 136


def test_a_shards_key_says_whose_it_is_and_is_no_counters() -> None:
    assert shard(MONTH_COUNTER, 0) == MONTH_COUNTER
    assert counter_of(shard("team-day#a#b#2026-11-28", 7)) == "team-day#a#b#2026-11-28"
    assert counter_of("user-day#shard#1#x#2026-11-28") == "user-day#shard#1#x#2026-11-28"
