"""Budgets that contradict each other are refused; those that do not fit what people use are doubted, with arithmetic."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.stack_file.budget_consistency import doubts
from tests import stacks
from tests.config.stack_files import changed, loaded, mistakes

PLAN = {"user_daily_usd": 50, "team_daily_usd": 500, "monthly_usd": 12_000}


def doubted(budgets: dict[str, Any], **headcounts: int) -> list[str]:
    document = stacks.small()
    document |= {"budgets": budgets, "cohorts": {}}
    counts = {"backend": 1, **headcounts}
    document["organization"]["teams"] = {name: {"headcount": count} for name, count in counts.items()}
    return list(doubts(loaded(document)))


def test_the_plans_budgets_for_a_hundred_developers_are_doubted_with_the_arithmetic() -> None:
    found = doubted(PLAN, backend=15, frontend=25, platform=8, data=22, mobile=30)
    assert [line.partition(":")[0] for line in found] == [
        *("budgets.monthly_usd", "budgets.user_daily_usd", "budgets.team_daily_usd", "budgets.team_daily_usd")
    ]
    assert "12,000 for 100 developers is 120 each" in found[0]
    assert "100 x 13 x 16 active days = 20,800" in found[0]
    assert "100 x 50 x 21 working days = 105,000, 8.8 times" in found[1]
    assert "5 x 500 x 21 working days = 52,500, 4.4 times" in found[2]
    assert "backend 15 x 50 = 750" in found[3]
    assert "platform" not in found[3]


def test_budgets_that_fit_are_not_doubted() -> None:
    assert doubted({"user_daily_usd": 10, "team_daily_usd": 100, "monthly_usd": 2_500}, backend=10) == []


@pytest.mark.parametrize(
    ("budgets", "path"),
    [
        ({"user_daily_usd": 600, "team_daily_usd": 500}, "budgets.user_daily_usd"),
        ({"team_daily_usd": 500, "monthly_usd": 400}, "budgets.team_daily_usd"),
        ({"user_daily_usd": "501", "team_daily_usd": 500}, "budgets.user_daily_usd"),
    ],
)
def test_a_budget_that_another_makes_unreachable_is_a_mistake(budgets: dict[str, Any], path: str) -> None:
    [line] = mistakes(changed(budgets, "budgets"))
    assert line.startswith(f"{path}: USD ")
    assert "; raise " in line


ALICE = "alice.chen@acme.example"


@pytest.mark.parametrize(
    ("budgets", "lines"),
    [
        (
            {"user_daily_usd": 50, "user_daily_stop_usd": 40},
            ["budgets.user_daily_stop_usd: stops at USD 40.00, before"],
        ),
        (
            {"user_daily_stop_usd": 100, "user_monthly_stop_usd": 90, "monthly_stop_usd": 80, "monthly_usd": 90},
            [
                "budgets.monthly_stop_usd: stops at USD 80.00, before",
                "budgets.user_daily_stop_usd: USD 100.00 for one user in a day is more than USD 90.00 for the same user",
                "budgets.user_monthly_stop_usd: USD 90.00 for one user in a month is more than USD 80.00 for everybody",
            ],
        ),
        (
            {"raises": {ALICE: {"until": "2026-12-01T00:00:00Z", "user_daily_stop_usd": 100}}},
            [f"budgets.raises.{ALICE}.user_daily_stop_usd: there is no usual stop to raise"],
        ),
        (
            {
                "user_daily_stop_usd": 100,
                "raises": {
                    ALICE: {"until": "2026-12-01T00:00:00Z", "user_daily_stop_usd": 100},
                    "grace.liu@acme.example": {"until": "2026-12-01T00:00:00Z"},
                    "nobody@acme.example": {"until": "2026-12-01T00:00:00Z", "user_daily_stop_usd": 200},
                },
            },
            [
                f"budgets.raises.{ALICE}.user_daily_stop_usd: USD 100.00 is no more than the usual",
                "budgets.raises.grace.liu@acme.example: raises nothing",
                "budgets.raises.nobody@acme.example: no such member",
            ],
        ),
        (
            {
                "user_daily_stop_usd": 100,
                "raises": {
                    written: {"until": "2026-12-01T00:00:00Z", "user_daily_stop_usd": usd}
                    for written, usd in ((ALICE, 200), (ALICE.title(), 900))
                },
            },
            [f"budgets.raises.{ALICE}: there twice, but for upper and lower case"],
        ),
        ({"user_daily_stop_usd": 0}, ["budgets.user_daily_stop_usd: "]),
    ],
)
def test_stops_and_raises_that_contradict_each_other_are_refused_all_at_once(
    budgets: dict[str, Any], lines: list[str]
) -> None:
    found = mistakes(changed(budgets, "budgets"))
    assert len(found) == len(lines), found
    assert all(line.startswith(wanted) for line, wanted in zip(found, lines, strict=True)), found


def test_a_team_that_is_called_as_those_of_no_roster_are_counted_has_no_stop() -> None:
    document = changed({"team_daily_stop_usd": 500}, "budgets")
    document["organization"]["teams"]["unknown"] = {"headcount": 1}
    [line] = mistakes(document)
    assert line.startswith("organization.teams.unknown: what people in no roster spend")
    document["budgets"] = {}
    assert loaded(document)


def test_equal_budgets_are_no_contradiction() -> None:
    assert loaded(changed({"user_daily_usd": 500, "team_daily_usd": 500, "monthly_usd": 500}, "budgets"))


def test_a_budget_that_only_a_default_makes_unreachable_is_doubted() -> None:
    assert loaded(changed({"user_daily_usd": 900}, "budgets"))
    assert "backend 1 x 900 = 900" in doubted({"user_daily_usd": 900, "monthly_usd": 100_000})[-1]
