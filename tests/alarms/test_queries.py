"""The saved queries, answered over lines as the meter writes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from rollout.observability.queries import QUERIES, Query, log_groups
from rollout.usage.records import Usage, structured
from rollout.usage.tokens import Tokens
from sandbox.aws.insights.commands import run
from sandbox.aws.insights.language import parsed
from tests.alarms.test_alarms import rollout

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
BY_TITLE = {query.title: query for query in QUERIES}


def request(number: int, user: str, usd: str, at: datetime = NOW, **tokens: int) -> dict[str, Any]:
    made = Usage(
        request_id=str(number),
        at=at,
        user=user,
        team="backend",
        cohort="pilot",
        model="sonnet",
        tokens=Tokens(**tokens),
        usd=Decimal(usd),
    )
    return structured(made)


def ask(title: str, *lines: dict[str, Any]) -> list[dict[str, str]]:
    events = [
        {
            "timestamp": line.get("_aws", {}).get("Timestamp", NOW.timestamp() * 1000),
            "message": json.dumps(line),
            "log_group": "g",
            "stream": "s",
        }
        for line in lines
    ]
    return run(BY_TITLE[title].text, events)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.title)
def test_a_query_can_be_saved_and_is_understood(query: Query) -> None:
    assert parsed(query.text)
    assert len(query.text) <= 10_000
    assert not set(":*") & set(query.title)
    assert query.answers.endswith(".")


def test_active_users_are_people_with_a_request_whatever_else_is_in_the_log() -> None:
    denied = {"user_id": "c", "Denied": 1}
    lines = [request(1, "a", "0.1"), request(2, "a", "0.1"), request(3, "b", "0.1"), denied]
    assert ask("Active users", *lines) == [{"active_users": "2"}]
    last_week = request(4, "d", "0.1", NOW - timedelta(days=7))
    assert [row["active_users"] for row in ask("Active users by week", *lines, last_week)] == ["2", "1"]


def test_top_spenders_come_first() -> None:
    found = ask("Top spenders", request(1, "a", "0.1"), request(2, "b", "0.25", output=7), request(3, "a", "0.2"))
    assert [(row["user_id"], row["usd"], row["requests"], row["output_tokens"]) for row in found] == [
        ("a", "0.3", "2", "0"),
        ("b", "0.25", "1", "7"),
    ]


def test_cache_efficiency_is_the_share_that_was_read_worst_first() -> None:
    found = ask(
        "Cache efficiency",
        request(1, "a", "0.1", cache_read=90, cache_write=5, input=5),
        request(2, "b", "0.1", cache_read=30, input=70),
        request(3, "nothing sent", "0"),
    )
    assert [(row["user_id"], row["hit_percent"]) for row in found] == [("b", "30"), ("a", "90")]


def test_denied_calls_say_who_and_why() -> None:
    line = {"user_id": "a", "cohort": "pilot", "source_ip": "203.0.113.7", "why": "explicit deny", "Denied": 1}
    [row] = ask("Denied calls", line, line, request(1, "b", "0.1"))
    assert (row["user_id"], row["denied"], row["because"]) == ("a", "2", "explicit deny")


def test_shadow_use_is_claude_by_a_role_that_is_no_cohorts_however_the_profile_is_spelled() -> None:
    def record(role: str, model: str) -> dict[str, Any]:
        arn = f"arn:aws:sts::123456789012:assumed-role/{role}/a"
        return {"schemaType": "ModelInvocationLog", "identity": {"arn": arn}, "modelId": model}

    profile = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"
    found = ask(
        "Shadow use",
        record("claude-code-pilot", profile),
        record("admin", profile),
        record("admin", "abc123def456"),
        record("admin", "us.anthropic.claude-sonnet-4-6"),
        record("claude-code-pilot", "us.anthropic.claude-sonnet-4-6"),
        record("app", "amazon.titan-text"),
    )
    assert sorted(row["modelId"] for row in found) == ["abc123def456", profile, "us.anthropic.claude-sonnet-4-6"]


def test_a_cohorts_level_is_the_last_that_was_told_of_the_whole_cohort() -> None:
    changes = [
        {"cohort": "pilot", "member": None, "before": "active", "after": "suspended", "incident": {"id": "INC-7"}},
        {"cohort": "pilot", "member": "a@acme.example", "before": "active", "after": "throttled"},
    ]
    [row] = ask("Levels", *changes)
    assert (row["cohort"], row["level"], row["incident_id"]) == ("pilot", "suspended", "INC-7")


def test_a_query_reads_at_most_fifty_logs() -> None:
    assert len(log_groups("usage", rollout(), [f"c{n}" for n in range(80)])) == 50


def test_a_week_that_was_said_twice_is_one_row_and_gauges_are_none() -> None:
    week = {"cohort": "pilot", "week": "2026-11-16", "pr_cycle_days": 2.3, "prs_per_developer_week": 9.5}
    gauge = {"cohort": "pilot", "of_week": "2026-11-16", "PrCycleDays": 2.3}
    [row] = ask("Success by week", week, week, gauge)
    assert (row["week"], row["cohort"], row["cycle_days"], row["prs"]) == ("2026-11-16", "pilot", "2.3", "9.5")
