"""The tours of docs/tour.md lead through functions that are there, and enter each room once."""

from __future__ import annotations

import re
from functools import reduce
from importlib import import_module
from itertools import groupby
from pathlib import PurePath

import pytest

from tests.stacks import PROJECT

PAGE = (PROJECT / "docs" / "tour.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| \[.+?\]\(\.\./(?P<file>[\w/]+)\.py\) \| `(?P<function>[\w.]+)` \| \S", re.MULTILINE)
TOURS = {
    text.partition("\n")[0]: [(row["file"], row["function"]) for row in ROW.finditer(text)]
    for text in PAGE.split("\n## ")[1:]
}


def test_a_tour_reads_all_rows_of_its_table() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|") and not line.startswith(("| File", "| ---"))]
    assert len(rows) == sum(map(len, TOURS.values())) > 0


@pytest.mark.parametrize("tour", TOURS)
def test_each_function_is_in_the_file_beside_it(tour: str) -> None:
    for file, function in TOURS[tour]:
        module = file.replace("/", ".")
        assert function.startswith(f"{module}."), function
        reduce(getattr, function.removeprefix(f"{module}.").split("."), import_module(module))


@pytest.mark.parametrize("tour", TOURS)
def test_a_tour_enters_each_room_once(tour: str) -> None:
    rooms = [room for room, _ in groupby(str(PurePath(file).parent) for file, _ in TOURS[tour])]
    assert len(rooms) == len(set(rooms)), rooms


@pytest.mark.parametrize(
    ("tour", "first", "last"),
    [
        ("From the stack file to the Deny", "rollout.stack_file.load.load", "rollout.access.denies.member_stops"),
        ("From the log to the counter", "components.functions.meter.Meter", "functions.counting.counters.count"),
    ],
)
def test_a_tour_goes_where_its_heading_says(tour: str, first: str, last: str) -> None:
    assert (TOURS[tour][0][1], TOURS[tour][-1][1]) == (first, last)
