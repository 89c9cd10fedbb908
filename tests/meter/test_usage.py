"""What a record of the invocation log comes to, and which records come to nothing."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.usage import (
    KINDS,
    OutsideRolloutError,
    Profile,
    Tables,
    Tokens,
    UnknownRecordError,
    counters,
    structured,
    usage,
)

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


def test_a_request_counts_for_the_day_it_was_made_and_not_for_that_of_its_delivery() -> None:
    assert list(counters(usage(RECORD, TABLES))) == [
        "user-day#alice.chen@acme.example#2026-11-23",
        "team-day#backend#2026-11-23",
        "cohort-day#pilot#2026-11-23",
        "month#2026-11",
    ]
    late = usage(record(timestamp="2026-11-24T01:30:00+02:00"), TABLES)
    assert late.day == "2026-11-23"


def test_a_refused_body_is_a_request_of_no_tokens() -> None:
    refused = record(errorCode="ValidationException", input={"inputContentType": "application/json"})
    del refused["output"]
    assert usage(refused, TABLES).usd == 0


@pytest.mark.parametrize(
    ("changes", "kind", "word"),
    [
        ({"schemaType": "Other"}, UnknownRecordError, "schemaType"),
        ({"requestId": None}, UnknownRecordError, "requestId"),
        ({"timestamp": "yesterday"}, UnknownRecordError, "timestamp"),
        ({"identity": {}}, UnknownRecordError, "identity.arn"),
        ({"identity": {"arn": "arn:aws:sts::1:assumed-role/claude-code-pilot/"}}, UnknownRecordError, "identity.arn"),
        ({"modelId": ARN + "x"}, UnknownRecordError, "profile"),
        ({"input": {"inputTokenCount": -1}}, UnknownRecordError, "inputTokenCount"),
        ({"input": {"inputTokenCount": "many"}}, UnknownRecordError, "inputTokenCount"),
        ({"identity": {"arn": "arn:aws:iam::123456789012:user/bob"}}, OutsideRolloutError, "caller"),
        ({"identity": {"arn": "arn:aws:sts::1:assumed-role/admin/bob"}}, OutsideRolloutError, "role: admin"),
        ({"modelId": "anthropic.claude-opus-5"}, OutsideRolloutError, "model: anthropic.claude-opus-5"),
        ({"modelId": OTHER}, OutsideRolloutError, "profile of cohort wave2, called by cohort pilot"),
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
