"""What a record of the invocation log comes to, and which records come to nothing."""

from __future__ import annotations

import copy
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.usage.records import (
    NothingUsedError,
    OutsideRolloutError,
    Profile,
    Tables,
    UnknownRecordError,
    counters,
    structured,
    usage,
)
from rollout.usage.tokens import KINDS, Tokens

ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
OTHER = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/other1234567"
SONNET = {"input": "3", "output": "15", "cache_read": "0.3", "cache_write": "3.75"}
TABLES = Tables(
    roles={"claude-code-pilot": "pilot", "claude-code-wave2": "wave2"},
    teams={"alice.chen@acme.example": "backend"},
    prices={"sonnet": SONNET},
    profiles={ARN: Profile(cohort="pilot", model="sonnet"), OTHER: Profile(cohort="wave2", model="sonnet")},
)
RECORD: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-11-23T23:59:59Z",
    "accountId": "123456789012",
    "identity": {"arn": "arn:aws:sts::123456789012:assumed-role/claude-code-pilot/alice.chen@acme.example"},
    "region": "us-east-1",
    "requestId": "r-1",
    "operation": "InvokeModel",
    "modelId": ARN,
    "input": {"inputTokenCount": 1200, "cacheReadInputTokenCount": 5000, "cacheWriteInputTokenCount": 100},
    "output": {"outputTokenCount": 300},
}


def record(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(RECORD), **changes}


def test_a_record_says_who_which_model_how_many_tokens_and_what_they_cost() -> None:
    found = usage(RECORD, TABLES)
    assert (found.user, found.team, found.cohort, found.model) == (
        "alice.chen@acme.example",
        "backend",
        "pilot",
        "sonnet",
    )
    assert found.tokens == Tokens(input=1200, output=300, cache_read=5000, cache_write=100)
    assert found.usd == Decimal("0.009975")  # (1200*3 + 300*15 + 5000*0.3 + 100*3.75) / 1e6


def written_for_an_hour(tokens: int, of: int) -> dict[str, Any]:
    details = [{"ttl": "5m", "inputTokens": of - tokens}, {"ttl": "1h", "inputTokens": tokens}]
    return record(input={"cacheWriteInputTokenCount": of, "cacheDetails": details}, output={})


def test_what_is_written_into_a_cache_for_an_hour_has_its_own_price() -> None:
    prices = replace(TABLES, prices={"sonnet": {**SONNET, "cache_write_1h": "5"}})
    found = usage(written_for_an_hour(100_000, of=110_000), prices)
    assert found.usd == Decimal("0.5375")  # (10,000 * 3.75 + 100,000 * 5) / 1e6
    assert (structured(found)["CacheWrite"], structured(found)["cache_write_1h"]) == (110_000, 100_000)


def test_an_hour_without_a_price_of_its_own_costs_twice_the_input() -> None:
    assert usage(written_for_an_hour(100_000, of=100_000), TABLES).usd == Decimal("0.6")


@pytest.mark.parametrize(
    "details",
    [
        {"ttl": "1h", "inputTokens": 100_000},
        [{"ttl": "1H", "inputTokens": 100_000}],
        [{"ttl": " 1h", "inputTokens": 60_000}, {"ttl": "24h", "inputTokens": 40_000}],
        [{"inputTokens": 100_000}],
    ],
)
def test_what_stays_longer_than_five_minutes_has_the_dearer_price_however_it_is_written(details: Any) -> None:
    said = record(input={"cacheWriteInputTokenCount": 100_000, "cacheDetails": details}, output={})
    assert usage(said, TABLES).usd == Decimal("0.6")


@pytest.mark.parametrize("whole", [{"cacheWriteInputTokenCount": 5}, {"cacheWriteInputTokenCount": None}, {}])
def test_a_part_that_is_more_than_the_whole_is_counted(whole: dict[str, Any]) -> None:
    said = record(input={**whole, "cacheDetails": [{"ttl": "1h", "inputTokens": 6}]}, output={})
    assert usage(said, TABLES).tokens == Tokens(cache_write=6, cache_write_1h=6)


@pytest.mark.parametrize(("prompt", "usd"), [(100_000, "0.0101"), (100_001, "0.0505005")])
def test_every_token_of_a_long_prompt_has_the_dearer_price(prompt: int, usd: str) -> None:
    long = {"input": "0.5", "output": "2.5", "cache_read": "0.05", "cache_write": "0.625", "above_tokens": "100000"}
    haiku = {"input": "0.1", "output": "0.5", "cache_read": "0.01", "cache_write": "0.125", "long_prompt": long}
    said = record(input={"inputTokenCount": prompt}, output={"outputTokenCount": 200})
    assert usage(said, replace(TABLES, prices={"sonnet": haiku})).usd == Decimal(usd)


def test_a_request_counts_for_the_day_it_was_made_and_not_for_that_of_its_delivery() -> None:
    assert list(counters(usage(RECORD, TABLES))) == [
        "user-day#alice.chen@acme.example#2026-11-23",
        "user-month#alice.chen@acme.example#2026-11",
        "team-day#backend#2026-11-23",
        "month#2026-11",
    ]
    late = usage(record(timestamp="2026-11-24T01:30:00+02:00"), TABLES)
    assert late.day == "2026-11-23"


@pytest.mark.parametrize(
    "changes",
    [
        {"errorCode": "ValidationException", "input": {"inputContentType": "application/json"}, "output": None},
        {"errorCode": "ThrottlingException", "input": {}, "output": {}},
        {"errorCode": "ModelStreamErrorException", "input": {"inputTokenCount": None}, "output": {}},
        {"errorCode": "ThrottlingException", "output": {}},
        {"errorCode": "ValidationException", "output": {"outputTokenCount": 0}},
        {"identity": {"arn": "arn:aws:iam::123456789012:user/ci"}, "operation": "CountTokens", "output": {}},
        {"identity": {"arn": "arn:aws:iam::123456789012:user/ci"}, "errorCode": "ThrottlingException", "output": {}},
        {"operation": "CountTokens", "output": {}},
        {
            "identity": {"arn": "arn:aws:sts::123456789012:assumed-role/search/i-0"},
            "modelId": "cohere.embed-english-v3",
        },
        {"identity": {"arn": "arn:aws:iam::123456789012:user/ci"}, "modelId": "amazon.titan-embed-text-v2:0"},
    ],
)
def test_a_refused_or_a_free_call_and_another_makers_model_are_no_use(changes: dict[str, Any]) -> None:
    with pytest.raises(NothingUsedError):
        usage(record(**changes), TABLES)


def test_an_account_that_is_written_as_a_number_is_the_same_account() -> None:
    assert usage(record(accountId=123456789012), TABLES).user == "alice.chen@acme.example"


def test_a_call_that_broke_off_after_it_had_used_something_counts() -> None:
    assert usage(record(errorCode="ModelStreamErrorException"), TABLES).usd == Decimal("0.009975")


@pytest.mark.parametrize(
    "spelling",
    [
        "abc123def456",
        "ABC123DEF456",
        "application-inference-profile/abc123def456",
        ARN.replace("arn:aws:bedrock", "arn:aws:Bedrock").replace("abc123def456", "ABC123def456"),
    ],
)
def test_a_profile_is_the_same_however_it_is_spelled(spelling: str) -> None:
    assert usage(record(modelId=spelling), TABLES) == usage(RECORD, TABLES)


@pytest.mark.parametrize(
    ("model", "label", "doubt"),
    [
        (OTHER, "sonnet", "profile of cohort wave2, called by cohort pilot"),
        ("global.anthropic.claude-haiku-9", "haiku", "called without a profile"),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-9", "haiku", "called without a profile"),
        (ARN + "x", "opus", "in no table; counted as opus"),
        ("zzz123def456", "opus", "in no table; counted as opus"),
        ("anthropic.claude-opus-99", "opus", "in no table; counted as opus"),
        ("amazon.titan-embed-text-v2:0", "opus", "in no table; counted as opus"),
    ],
)
def test_whatever_a_cohorts_role_calls_counts_to_its_person_at_the_dearest_price_where_it_is_not_known(
    model: str, label: str, doubt: str
) -> None:
    prices = {"sonnet": SONNET, "haiku": {**SONNET, "output": "1"}, "opus": {**SONNET, "input": "5", "output": "25"}}
    tables = replace(TABLES, prices=prices, foundations={"anthropic.claude-haiku-9": "haiku"})
    found = usage(record(modelId=model), tables)
    assert (found.user, found.cohort, found.model) == ("alice.chen@acme.example", "pilot", label)
    assert found.usd == found.tokens.usd(prices[label])
    assert doubt in (found.doubt or "")


def test_a_record_that_does_not_say_whose_account_it_is_counts() -> None:
    assert usage({key: value for key, value in RECORD.items() if key != "accountId"}, TABLES) == usage(RECORD, TABLES)


@pytest.mark.parametrize(
    "model",
    [
        "us.anthropic.claude-sonnet-4-6",
        "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1",
        ARN,
        "abc123def456",
    ],
)
def test_claude_by_a_role_that_is_no_cohorts_is_shadow_use(model: str) -> None:
    somebody = {"arn": "arn:aws:sts::123456789012:assumed-role/search/i-0"}
    with pytest.raises(OutsideRolloutError) as caught:
        usage(record(identity=somebody, modelId=model), TABLES)
    assert not isinstance(caught.value, NothingUsedError)


def test_a_role_of_the_same_name_in_another_account_is_none_of_ours() -> None:
    elsewhere = "arn:aws:sts::999999999999:assumed-role/claude-code-pilot/alice.chen@acme.example"
    with pytest.raises(OutsideRolloutError, match="role"):
        usage(record(identity={"arn": elsewhere}), TABLES)


@pytest.mark.parametrize(
    ("changes", "kind", "word"),
    [
        ({"schemaType": "Other"}, UnknownRecordError, "schemaType"),
        ({"requestId": None}, UnknownRecordError, "requestId"),
        ({"timestamp": "yesterday"}, UnknownRecordError, "timestamp"),
        ({"identity": {}}, UnknownRecordError, "identity.arn"),
        ({"identity": {"arn": "arn:aws:sts::1:assumed-role/claude-code-pilot/"}}, UnknownRecordError, "identity.arn"),
        ({"input": {"inputTokenCount": -1}}, UnknownRecordError, "inputTokenCount"),
        ({"input": {"inputTokenCount": "many"}}, UnknownRecordError, "inputTokenCount"),
        ({"identity": {"arn": "arn:aws:iam::123456789012:user/bob"}}, OutsideRolloutError, "role: arn:aws:iam::"),
        ({"identity": {"arn": "arn:aws:sts::1:assumed-role/admin/bob"}}, OutsideRolloutError, "role: admin"),
    ],
)
def test_what_is_unknown_and_what_is_none_of_ours_are_told_apart(
    changes: Any, kind: type[Exception], word: str
) -> None:
    with pytest.raises(kind, match=word):
        usage(record(**changes), TABLES)


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 4), max_size=30))
def test_the_cost_of_many_requests_is_that_of_their_tokens_together(counts: list[tuple[int, int, int, int]]) -> None:
    each = [Tokens(**dict(zip(KINDS, count, strict=True))) for count in counts]
    together = Tokens(**{kind: sum(getattr(tokens, kind) for tokens in each) for kind in KINDS})
    assert sum((tokens.usd(SONNET) for tokens in each), Decimal()) == together.usd(SONNET)


def test_the_structured_record_can_be_queried_by_user_and_pays_for_no_dimension_of_theirs() -> None:
    line = structured(usage(RECORD, TABLES))
    assert line["user_id"] == "alice.chen@acme.example"
    directives = line["_aws"]["CloudWatchMetrics"]
    assert {directive["Namespace"] for directive in directives} == {"ClaudeCode/Rollout"}
    by = {
        tuple(dimensions): [metric["Name"] for metric in directive["Metrics"]]
        for directive in directives
        for dimensions in directive["Dimensions"]
    }
    assert by == {
        ("cohort",): ["Usd", "Requests", "Input", "Output", "CacheRead", "CacheWrite"],
        ("team",): ["Usd"],
        ("cohort", "model"): ["Usd"],
    }
    assert {*by[("cohort",)], "cohort", "team", "model"} <= line.keys()
