"""`--sample` leaves out what it says it leaves out, and never the last case of a kind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests import sampling


class Item:
    """What of pytest's own the sample looks at."""

    def __init__(self, test: str, marks: list[pytest.MarkDecorator], **parameters: Any) -> None:
        self.nodeid = f"{test}[{parameters}]"
        self.callspec = SimpleNamespace(params=parameters)
        self._marks = {mark.name: mark.mark for mark in marks}

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        return self._marks.get(name)


def run(items: list[Item], seed: str) -> list[Item]:
    left = sampling.left_out(cast("list[pytest.Item]", items), seed)
    return [item for item in items if cast("pytest.Item", item) not in left]


SWEEP = [
    Item("attack", [pytest.mark.sampled("level", "client")], attack=attack, level=level, client=client)
    for attack in ("hook", "flag", "agent")
    for level in range(3)
    for client in ("floor", "newest")
]


def test_of_each_kind_one_case_runs_and_the_same_seed_draws_the_same() -> None:
    drawn = run(SWEEP, "2026-11-28")
    assert [item.callspec.params["attack"] for item in drawn] == ["hook", "flag", "agent"]
    assert run(SWEEP, "2026-11-28") == drawn


def test_another_day_draws_others_until_all_have_run() -> None:
    seen = {item.nodeid for day in range(100) for item in run(SWEEP, str(day))}
    assert seen == {item.nodeid for item in SWEEP}


def test_a_kind_of_few_cases_runs_whole_and_what_has_no_mark_always() -> None:
    few = [Item("form", [pytest.mark.sampled("line", keep=8)], setup="staged", line=n) for n in range(3)]
    plain = [Item("plain", [], line=n) for n in range(3)]
    assert run([*few, *plain], "x") == [*few, *plain]


def test_what_is_long_does_not_run() -> None:
    assert run([Item("drill", [pytest.mark.long])], "x") == []
