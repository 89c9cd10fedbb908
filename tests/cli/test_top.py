"""Who spent most: rows of the usage logs, summed by what is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cli.commands import top
from cli.live import usage
from tests.cli.conftest import Command

LINES = [
    {
        "day": "2026-11-02",
        "user_id": "ann@x.example",
        "cohort": "pilot",
        "team": "R&D",
        "model": "opus",
        "requests": "3.0",
        "usd": "7.5",
    },
    {
        "day": "2026-11-03",
        "user_id": "ann@x.example",
        "cohort": "pilot",
        "team": "R&D",
        "model": "haiku",
        "requests": "10",
        "usd": "0.5",
    },
    {
        "day": "2026-11-03",
        "user_id": "bob@x.example",
        "cohort": "wave2",
        "team": "data",
        "model": "haiku",
        "requests": "5",
        "usd": "2",
    },
    {
        "day": "2026-11-03",
        "user_id": "gone@x.example",
        "cohort": "wave2",
        "model": "haiku",
        "requests": "1",
        "usd": "0",
    },
]


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Answers with the lines above, and keeps what it was asked."""
    asked: list[Any] = []

    def rows(_: Any, __: str, cohorts: Any, first: Any, last: Any) -> Any:
        asked.append((list(cohorts), f"{first}", f"{last}"))
        return iter(LINES)

    monkeypatch.setattr(usage, "rows", rows)
    monkeypatch.setattr(top, "clients_of", lambda *_: None)
    return asked


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("person", [("ann@x.example", 13, 8.0), ("bob@x.example", 5, 2.0), ("gone@x.example", 1, 0.0)]),
        ("team", [("R&D", 13, 8.0), ("data", 5, 2.0), ("unknown", 1, 0.0)]),
        ("model", [("opus", 3, 7.5), ("haiku", 16, 2.5)]),
        ("cohort", [("pilot", 13, 8.0), ("wave2", 6, 2.0)]),
    ],
)
def test_the_dearest_stand_first_whatever_they_are_summed_by(by: str, rows: list[Any]) -> None:
    found = top.spent(LINES, by)
    assert [(row.name, row.requests, row.usd) for row in found] == rows
    assert sum(row.share for row in found) == pytest.approx(1)


@pytest.mark.usefixtures("logs")
def test_people_are_named_with_where_they_are_and_what_share_they_have(rollout: Command) -> None:
    ended = rollout("top", "-s", "dev", "-n", "1")
    words = " ".join(ended.out.split())
    assert ended.code == 0
    assert "ann@x.example R&D, pilot 13 8.00 80%" in words
    assert "USD 10.00 in all, of 3; 2 more, which -n shows" in words
    assert max(map(len, ended.out.splitlines())) <= 80


def test_a_day_a_month_and_the_month_so_far_are_what_is_asked(rollout: Command, logs: list[Any]) -> None:
    today = datetime.now(UTC).date()
    for words in (("--day", "2026-01-05"), ("--month", "2026-02"), ()):
        assert rollout("top", "-s", "dev", *words, "--json").code == 0
    assert [(first, last) for _, first, last in logs] == [
        ("2026-01-05", "2026-01-05"),
        ("2026-02-01", "2026-02-28"),
        (f"{today.replace(day=1)}", f"{today}"),
    ]


@pytest.mark.usefixtures("logs")
def test_for_programs_the_sum_is_of_all_and_the_list_is_of_the_first(rollout: Command) -> None:
    found = rollout("top", "-s", "dev", "--by", "team", "-n", "1", "--json").document
    assert (found["usd"], found["requests"], found["count"]) == (10, 19, 3)
    assert found["top"] == [{"team": "R&D", "usd": 8.0, "requests": 13, "share": 0.8}]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "manager"), "--by: not one of person, team, model, cohort: manager"),
        (("--day", "x"), "not a day such as 2026-11-23"),
        (("--day", "2026-11-23", "--month", "2026-11"), "name one of the two"),
        (("--month", "2999-01"), "has not begun"),
    ],
)
@pytest.mark.usefixtures("logs")
def test_what_is_no_day_is_said(rollout: Command, words: tuple[str, ...], said: str) -> None:
    ended = rollout("top", "-s", "dev", *words)
    assert (ended.code, said in ended.err) == (1, True), ended.err


def test_an_aws_that_does_not_tell_is_exit_2(rollout: Command) -> None:
    ended = rollout("top", "-s", "dev")
    assert (ended.code, ended.err.startswith("rollout: the usage logs: ")) == (2, True)
