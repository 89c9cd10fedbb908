"""docs/limits-and-costs.md is what the program declares and the meter does today."""

from __future__ import annotations

import pytest

from tests.bench import size_page
from tests.costs import bill
from tests.costs.page import page
from tests.costs.prices import PRICES
from tests.costs.request import measured
from tests.stacks import PROJECT


@pytest.mark.slow
def test_the_page_is_what_the_program_declares() -> None:
    written = (PROJECT / "docs" / "limits-and-costs.md").read_text(encoding="utf-8")
    assert page() == written, "run `make limits-page`"


def test_the_picture_of_a_stacks_size_is_of_the_measured_figures() -> None:
    assert size_page.PICTURE.read_text(encoding="utf-8") == size_page.picture(size_page.known()[0]), (
        "run `make size-page`"
    )


def test_one_request_is_a_mark_and_four_counters_written_twice_each_and_what_a_person_reads_once() -> None:
    request = measured()
    assert (request.writes, request.reads) == (11, 5)


@pytest.mark.parametrize("name", PRICES)
def test_each_price_says_where_it_was_read(name: str) -> None:
    price = PRICES[name]
    assert price.usd > 0
    assert price.link.startswith("https://")
    assert price.source


def test_a_line_is_its_quantity_times_its_price() -> None:
    line = bill.Line(what="metrics of alarms", price="alarm_metric", quantity=90)
    assert line.usd == pytest.approx(9)
