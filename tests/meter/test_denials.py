"""Calls that IAM denied are written down once each, with who, what and from where, and add to no counter."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions import meter
from rollout.usage.denied_calls import pattern
from tests.meter.test_usage import record
from tests.meter.world import ALICE, World, deliver


def event(number: str = "1d6cb1ec-3b30-4a0d-9b6f-1f0c2d9a3c11", **detail: Any) -> dict[str, Any]:
    arn = f"arn:aws:sts::123456789012:assumed-role/claude-code-pilot/{ALICE}"
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.bedrock",
        "detail": {
            "userIdentity": {"type": "AssumedRole", "arn": arn},
            "eventTime": "2026-11-24T12:00:00Z",
            "eventName": "InvokeModelWithResponseStream",
            "sourceIPAddress": "203.0.113.7",
            "errorCode": "AccessDenied",
            "errorMessage": "User: x is not authorized: with an explicit deny",
            "requestParameters": {"modelId": "arn:aws:bedrock:us-east-1::foundation-model/x"},
            "eventID": number,
            **detail,
        },
    }


def tell(said: dict[str, Any], by: str = "first") -> dict[str, int]:
    return meter.handler(said, SimpleNamespace(aws_request_id=by))


@pytest.mark.slow
def test_a_denied_call_is_logged_with_who_what_and_from_where(world: World) -> None:
    tell(event())
    [line] = world.lines()
    assert {key: value for key, value in line.items() if key not in {"_aws", "why"}} == {
        "user_id": ALICE,
        "cohort": "pilot",
        "team": "backend",
        "action": "InvokeModelWithResponseStream",
        "resource": "arn:aws:bedrock:us-east-1::foundation-model/x",
        "source_ip": "203.0.113.7",
        "Denied": 1,
    }
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Dimensions"], directive["Metrics"]) == ([["cohort"]], [{"Name": "Denied", "Unit": "Count"}])
    assert world.counter("month#2026-11") == {}


@pytest.mark.slow
def test_one_that_comes_twice_is_logged_once_and_another_beside_it(world: World) -> None:
    for by in ("first", "second"):
        tell(event(), by)
    tell(event("2"))
    deliver(record())
    assert [line.get("Denied", 0) for line in world.lines()].count(1) == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "detail",
    [
        {"userIdentity": {"arn": "arn:aws:sts::123456789012:assumed-role/claude-code-meter/x"}},
        {"userIdentity": None},
        {"eventID": None},
        {"eventTime": "yesterday"},
        {"eventTime": "0001-01-01T00:00:00+14:00"},  # before all time, in UTC
    ],
)
def test_an_event_of_another_shape_waits_in_the_dead_letter_queue(world: World, detail: dict[str, Any]) -> None:
    assert tell(event(**detail))["Unknown"] == 1
    assert len(world.dead()) == 1
    assert world.lines() == []


def test_what_was_denied_is_named_by_its_message_where_cloudtrail_leaves_parameters_out(world: World) -> None:
    arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456"
    message = f"User: x is not authorized to perform: bedrock:InvokeModel on resource: {arn} with an explicit deny"
    tell(event(requestParameters=None, errorMessage=message))
    assert world.lines()[0]["resource"] == arn


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("InvokeModel", True),
        ("InvokeModelWithResponseStream", True),
        ("Converse", True),
        ("ConverseStream", True),
        ("CreateInference", True),  # bedrock-mantle's
        ("ListInferenceProfiles", False),  # which Claude Code asks for at each start, and may not
        ("GetInferenceProfile", False),
        ("CountTokens", False),
    ],
)
def test_only_calls_of_a_model_are_told_of(name: str, told: bool) -> None:
    assert any(name.startswith(one["prefix"]) for one in pattern()["detail"]["eventName"]) is told


def test_the_rule_sees_every_cohort_and_fits_its_size() -> None:
    assert len(json.dumps(pattern())) <= 2048
    assert pattern()["source"] == ["aws.bedrock", "aws.bedrock-mantle"]
    issuer = pattern()["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert issuer == {"userName": [{"prefix": "claude-code-"}]}
