"""Logs Insights, as far as the sandbox answers it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.aws.insights.commands import run
from sandbox.aws.refusals import JsonRefusal

HOUR = 3_600_000
START = 1_795_435_200_000  # 2026-11-23 12:00 UTC


def events(*messages: Any) -> list[dict[str, Any]]:
    return [
        {
            "timestamp": START + n * HOUR,
            "message": message if isinstance(message, str) else json.dumps(message),
            "log_group": "g",
            "stream": "s",
        }
        for n, message in enumerate(messages)
    ]


LINES = events(
    {"user": "a", "usd": 0.1, "nested": {"kind": "x"}, "list": [1, 2]},
    {"user": "b", "usd": 0.2, "why": None},
    {"user": "a", "usd": 0.3, "note": "50 % off"},
    "no JSON at all",
)


def one(query: str) -> list[dict[str, str]]:
    return run(query, LINES)


def test_sums_are_exact_and_grouped() -> None:
    assert one("filter ispresent(usd) | stats sum(usd) as total, count(*) as n by user | sort total desc") == [
        {"user": "a", "total": "0.4", "n": "2"},
        {"user": "b", "total": "0.2", "n": "1"},
    ]
    assert one("stats sum(usd)") == [{"sum(usd)": "0.6"}]
    assert one("filter usd > 1 | stats sum(usd) as t, count(*) as n") == [{"t": "0", "n": "0"}]


def test_conditions_are_about_numbers_texts_patterns_and_what_is_missing() -> None:
    def users(condition: str) -> list[str]:
        return [row["user"] for row in one(f"filter {condition} | fields user, usd | sort usd asc")]

    assert users("usd >= 0.2 and user = 'a'") == ["a"]
    assert users("user in ['b', 'c'] or usd = 0.3") == ["b", "a"]
    assert users("not (user = 'a') and ispresent(user)") == ["b"]
    assert users("note like /\\d+ %/") == ["a"]
    assert users("user not like 'b' and usd < 0.3 and isblank(note)") == ["a"]
    assert users("nested.kind = 'x' and list.1 = 2") == ["a"]


def test_arithmetic_is_within_aggregates_and_between_them_and_of_nothing_is_nothing() -> None:
    assert one("filter user = 'a' | stats 100 * sum(usd) / sum(usd + usd) as share, max(usd) - min(usd) as spread") == [
        {"share": "50", "spread": "0.2"}
    ]
    assert one("stats 1 / (sum(usd) - 0.6) as x") == [{}]


def test_time_is_cut_into_spans_and_newest_comes_first_unless_sorted() -> None:
    assert [row["t"] for row in one("stats count(*) as n by bin(2h) as t | sort t asc")] == [
        "2026-11-23 12:00:00.000",
        "2026-11-23 14:00:00.000",
    ]
    assert one("fields @message | limit 1") == [{"@message": "no JSON at all"}]
    assert one("stats fromMillis(latest(@timestamp)) as last")[0]["last"].startswith("20")
    assert one("filter user = 'a' | stats latest(usd) as last, earliest(usd) as first") == [
        {"last": "0.3", "first": "0.1"}
    ]


def test_a_source_and_a_comment_are_read_over_and_repetitions_left_out() -> None:
    assert [
        row["user"] for row in one("SOURCE 'g' | filter ispresent(user) # people\n | fields user | dedup user")
    ] == ["a", "b"]


@pytest.mark.parametrize("query", ["parse @message '*' as x", "stats usd", "filter usd >", "filter ago(7d)", ""])
def test_what_is_not_understood_is_refused_and_not_guessed(query: str) -> None:
    with pytest.raises(JsonRefusal):
        one(query)
