"""What docs/usage-and-cost.md says of load is what the meter's code does today.

The cases of 1,000 times the load take minutes; `make scale-page` runs them, and the smaller ones are run here.
"""

from __future__ import annotations

import pytest

from tests.simulation.cases import CASES, figures, known
from tests.simulation.page import PAGE, PICTURE, whole
from tests.simulation.picture import picture


@pytest.mark.parametrize("name", ["10", "10, one item", "10, two people", pytest.param("100", marks=pytest.mark.slow)])
def test_the_figures_are_those_of_the_meters_code(name: str) -> None:
    assert figures(CASES[name]) == known()[name], "run `make scale-page`"


def test_each_case_has_its_figures_and_no_counter_was_wrong_in_any() -> None:
    assert known().keys() == CASES.keys()
    assert [name for name, found in known().items() if found.differences] == []


def test_the_page_and_its_picture_are_of_these_figures() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert whole(known(), written) == written, "run `make scale-page`"
    assert PICTURE.read_text(encoding="utf-8") == picture(known()), "run `make scale-page`"


def test_the_same_seed_is_the_same_minute() -> None:
    case = CASES["10"]
    assert figures(case) == figures(case)
