"""docs/sandbox.md says how large the program and its sandbox are, and that is not long ago."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.lines import Size, code_lines, sizes
from tests.stacks import PROJECT

ROW = re.compile(r"^\| ([^|]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)
STALE = 0.05


@pytest.mark.slow
def test_the_page_says_how_large_each_part_is() -> None:
    page = (PROJECT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    said = {what: tuple(int(number.replace(",", "")) for number in numbers) for what, *numbers in ROW.findall(page)}
    counted = sizes()
    assert said.keys() == counted.keys()
    stale = [what for what, size in counted.items() if _is_stale(said[what], size)]
    assert stale == [], "copy what `make lines` prints into docs/sandbox.md"


def test_lines_without_code_are_apart(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(
        '"""Docstring,\nof two lines."""\n\n# comment\nTEXT = """of\n\nthree"""\nx: int = 1  # why\n"""Of x."""\n'
    )
    assert code_lines(file) == 3


def _is_stale(said: tuple[int, ...], size: Size) -> bool:
    counted = (size.files, size.code_lines, size.lines)
    return any(abs(one - other) > STALE * other for one, other in zip(said, counted, strict=True))
