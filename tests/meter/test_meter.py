"""The meter's own logic: each request counted once, however its record comes, and nothing lost silently."""

from __future__ import annotations

import base64
import gzip
import json
import random
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from functions import clients, meter, usage_lines
from tests.meter.test_usage import ARN, record
from tests.meter.world import TABLE, World, breaking, deliver, delivery


def test_a_request_adds_to_its_user_its_team_and_the_month(world: World) -> None:
    deliver(record(), record(requestId="r-2"))
    wanted = {
        "requests": Decimal(2),
        "input": Decimal(2400),
        "output": Decimal(600),
        "cache_read": Decimal(10000),
        "cache_write": Decimal(200),
        "usd": Decimal("0.01995"),
    }
    for key in ("user-day#alice.chen@acme.example#2026-11-23", "team-day#backend#2026-11-23"):
        assert world.counter(key) == wanted
    assert world.counter("month#2026-11") == wanted
    assert {line["request_id"] for line in world.lines()} == {"r-1", "r-2"}


@pytest.mark.slow
def test_repeated_and_shuffled_deliveries_count_once(world: World) -> None:
    rng = random.Random(7)  # noqa: S311
    records = [record(requestId=f"r-{n}", output={"outputTokenCount": n}) for n in range(100)]
    sent = [*records, *rng.sample(records, 20)]
    rng.shuffle(sent)
    for n, start in enumerate(range(0, len(sent), 9)):
        deliver(*sent[start : start + 9], by=f"i-{n}")
    counted = world.counter("month#2026-11")
    assert counted["requests"] == 100
    assert counted["output"] == sum(range(100))
    assert sorted(line["request_id"] for line in world.lines()) == sorted(f"r-{n}" for n in range(100))


@pytest.mark.slow
def test_a_delivery_that_broke_between_counting_and_logging_is_logged_by_its_own_retry_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with breaking(usage_lines, "put_lines", monkeypatch):
        deliver(record(), by="first")
    assert deliver(record(), by="somebody else") == {"Counted": 0, "Repeated": 1, "Unknown": 0, "ShadowUse": 0}
    assert world.lines() == []
    deliver(record(), by="first")
    assert len(world.lines()) == 1
    assert world.counter("month#2026-11")["requests"] == 1


@pytest.mark.slow
def test_invocations_at_the_same_counter_wait_for_each_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, refused = clients.client("dynamodb"), []
    real = client.transact_write_items

    def conflict_twice(**request: Any) -> Any:
        if len(refused) < 2:
            refused.append(1)
            codes = [{"Code": "None"}] * (len(request["TransactItems"]) - 1) + [{"Code": "TransactionConflict"}]
            raise client.exceptions.TransactionCanceledException(
                {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": codes},
                "TransactWriteItems",
            )
        return real(**request)

    monkeypatch.setattr(client, "transact_write_items", conflict_twice)
    assert deliver(record())["Counted"] == 1
    assert world.counter("month#2026-11")["requests"] == 1


def test_a_cohorts_call_past_its_profiles_is_counted_and_waits_to_be_looked_at(world: World) -> None:
    said = deliver(record(modelId="anthropic.claude-unknown-1"))
    assert (said["Counted"], said["Unknown"], said["ShadowUse"]) == (1, 1, 0)
    assert "in no table" in world.dead()[0]["reason"]
    assert world.counter("month#2026-11")["requests"] == 1
    assert deliver(record(modelId="anthropic.claude-unknown-1"), by="again")["Counted"] == 0


def test_what_used_nothing_is_no_use_and_no_shadow_use(world: World) -> None:
    refused = record(errorCode="ThrottlingException", input={}, output={})
    somebody = {"arn": "arn:aws:sts::123456789012:assumed-role/search/i-0"}
    assert deliver(refused, record(identity=somebody, modelId="cohere.embed-english-v3")) == {
        "Counted": 0, "Repeated": 0, "Unknown": 0, "ShadowUse": 0,
    }  # fmt: skip
    assert (world.lines(), world.dead()) == ([], [])


@pytest.mark.slow
def test_use_outside_the_cohorts_is_counted_as_shadow_use_once(world: World) -> None:
    somebody = {"arn": "arn:aws:sts::123456789012:assumed-role/admin/mallory"}
    assert deliver(record(identity=somebody, requestId="r-9"), record())["ShadowUse"] == 1
    assert deliver(record(identity=somebody, requestId="r-9"), by="again")["ShadowUse"] == 0
    assert world.counter("month#2026-11")["requests"] == 1
    assert len(world.lines()) == 1


def test_what_nobody_knows_waits_in_the_dead_letter_queue_and_stops_nothing(world: World) -> None:
    unknown = record(requestId="r-3", modelId=ARN.replace("abc123def456", "nobody"))
    assert deliver("{", unknown, record(), "[1]")["Counted"] == 2
    letters = world.dead()
    assert sorted(letter["reason"].partition(":")[0] for letter in letters) == ["model", "no JSON", "no JSON object"]
    assert {letter["log_group"] for letter in letters} == {"g"}
    assert json.loads(next(each for each in letters if each["reason"].startswith("model"))["message"]) == unknown


def test_a_huge_record_is_named_by_where_it_is(world: World) -> None:
    deliver("x" * 1_000_000, record())
    [letter] = world.dead()
    assert (letter["message"], letter["bytes"], letter["log_stream"], letter["event_id"]) == (None, 1_000_000, "s", "0")
    assert world.counter("month#2026-11")["requests"] == 1


def test_a_delivery_that_is_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "MAX_DELIVERY_BYTES", 1000)
    with pytest.raises(ValueError, match="more than 1000 bytes"):
        meter.opened(base64.b64encode(gzip.compress(b" " * 1001)).decode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(
    st.lists(st.text(max_size=60) | st.dictionaries(st.sampled_from(sorted(record())), JSON).map(lambda c: record(**c)))
)
def test_hostile_records_are_counted_repeated_or_dead_but_never_lost(world: World, messages: list[Any]) -> None:
    answer = deliver(*messages, record(requestId="good"), by=random.randbytes(8).hex())  # noqa: S311
    letters = world.dead()
    assert len(letters) == answer["Unknown"]
    doubted = sum(letter["reason"].startswith(("model: ", "profile of ")) for letter in letters)  # and counted
    distinct = len(messages) + 1 + doubted - sum(answer[name] for name in ("Counted", "Repeated", "Unknown"))
    assert 0 <= distinct <= len(messages)  # a request that is twice in one delivery is one
    assert world.counter("user-day#alice.chen@acme.example#2026-11-23")["requests"] >= 1


def test_what_the_dead_letter_queue_holds_can_be_handed_in_again_once_its_cause_is_mended(world: World) -> None:
    other = ARN.rpartition("/")[0] + "/later1"
    deliver(record(modelId=other))
    [letter] = world.dead()
    assert letter["reason"].endswith("in no table; counted as sonnet")
    item = {"id": {"S": f"profile#{other}"}, "cohort": {"S": "pilot"}, "model": {"S": "sonnet"}}
    world.dynamodb.put_item(TableName=TABLE, Item=item)
    failed = {"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": delivery(record(requestId="r-2"))}
    for event in (letter, letter, failed, failed):
        meter.handler(event, SimpleNamespace(aws_request_id="by hand"))
    assert world.counter("month#2026-11")["requests"] == 2
