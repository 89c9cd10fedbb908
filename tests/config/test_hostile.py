"""Whatever a stack file holds, a person gets lines, never a traceback."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.model.errors import StackFileError
from rollout.stack_file.load import load
from tests import stacks
from tests.sampling import fewer

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(["active", "rosters/pilot.csv", "2026-11-23T14:05:00Z", "haiku"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


def judged(config: dict[str, str]) -> list[str]:
    """The lines of a refusal; any other exception is the test's failure."""
    try:
        load(config, stacks.COMPANY, NOW)
    except StackFileError as error:
        return error.lines
    return []


def full() -> dict[str, Any]:
    """The small stack file with every optional part given once."""
    document = stacks.small()
    incident = {"id": "INC-7", "since": "2026-11-22T11:00:00Z", "reason": "x"}
    document |= {
        "federation": "saml",
        "session_minutes": 60,
        "service_levels": "warn",
        "budgets": {"user_daily_usd": 50, "team_daily_usd": 500, "monthly_usd": 12000, "alert_at": 0.8},
        "notify": {
            "slack": {"workspace_id": "T0ACMEROLL", "channels": {"engineering": {"id": "C0ENGALERTS"}}},
            "email": {"finance": ["f@acme.example"]},
        },
        "throttle": {"model": "haiku", "daily_tokens": 50000},
        "logs": {"retention_days": 90, "prompt_text": False},
        "adopt": {"umbrella_group_id": "00g" + "a" * 17},
    }
    document["cohorts"]["pilot"] |= {
        "roster": "rosters/dev.csv",
        "incident": incident,
        "sessions_valid_from": incident["since"],
    }
    document["cohorts"]["pilot"]["members"]["grace.liu@acme.example"] |= {
        "level": "suspended",
        "incident": dict(incident),
    }
    return document


@settings(max_examples=fewer(400), deadline=None)
@given(st.data())
def test_any_part_replaced_by_anything_is_judged_in_words(data: st.DataObject) -> None:
    document = full()
    for path in data.draw(st.lists(st.sampled_from(places(document)), min_size=1, max_size=3)):
        place: Any = document
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = data.draw(ANYTHING)
        except (KeyError, IndexError, TypeError):
            continue
    assert all(line and "\n" not in line for line in judged(stacks.config(document)))


@settings(max_examples=fewer(100), deadline=None)
@given(st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=6))
def test_any_text_under_any_key_is_judged_in_words(config: dict[str, str]) -> None:
    assert judged({f"claude-code-rollout:{key}": value for key, value in config.items()})


@pytest.mark.parametrize("since", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_beyond_the_calendar_is_no_time(since: str) -> None:
    document = stacks.small()
    document["cohorts"]["pilot"]["sessions_valid_from"] = since
    assert judged(stacks.config(document)) == [
        f"cohorts.pilot.sessions_valid_from: not a time: {since}. Write it as 2026-11-23T14:05:00Z"
    ]


@pytest.mark.parametrize("roster", ["rosters/\0.csv", "rosters/a/b.csv", "rosters/pilot.csv/", "/rosters/pilot.csv"])
def test_a_roster_of_no_proper_name_is_never_opened(roster: str) -> None:
    document = stacks.small()
    document["cohorts"]["pilot"]["roster"] = roster
    [line] = judged(stacks.config(document))
    assert line.startswith("cohorts.pilot.roster: not a CSV file in rosters/, such as rosters/pilot.csv: ")


def test_a_roster_is_found_whatever_blanks_surround_its_name() -> None:
    document = stacks.small()
    document["cohorts"]["pilot"]["roster"] = " rosters/none.csv "
    assert judged(stacks.config(document)) == [
        "rosters/none.csv: no such file; a roster is a CSV file below the project's folder"
    ]


@pytest.mark.parametrize(
    ("key", "around"),
    [
        ("organization", "{}"),
        ("unknown", "{}"),
        ("cohorts", '{{"pilot": {{"level": "active", "models": ["haiku"], "members": {}}}}}'),
        ("cohorts", '{{"pilot": {{"level": {}, "models": ["haiku"]}}}}'),
        ("cohorts", '{{"pilot": {{"level": "active", "models": ["haiku"], "sessions_valid_from": {}}}}}'),
    ],
)
def test_a_value_nested_ever_so_deeply_is_judged_in_words(key: str, around: str) -> None:
    for depth in (*range(850, 1000, 3), 5_000, 200_000):  # around where Python's own stack ends, and far beyond
        for nested in ("[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth):
            lines = judged({**stacks.config(stacks.small()), f"claude-code-rollout:{key}": around.format(nested)})
            assert any(line.startswith(key) for line in lines)


def test_a_number_of_thousands_of_digits_is_judged_in_words() -> None:
    config = stacks.config(stacks.small())
    assert judged({**config, "claude-code-rollout:budgets": f'{{"monthly_usd": {"9" * 5_000}}}'})
    assert judged({**config, "claude-code-rollout:session_minutes": "9" * 5_000})
