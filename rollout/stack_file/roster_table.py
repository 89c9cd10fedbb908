"""A roster's text as a table, however a spreadsheet wrote it: its separator, its columns, its rows by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass

REQUIRED = ("name", "email", "team")
COLUMNS = (*REQUIRED, "role", "seniority", "champion", "manager", "rationale", "github", "level", "until")
# Excel writes a semicolon where the decimal sign is a comma, and a tab as "Unicode text".
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """`text`: as it is written, a quoted cell of several lines included. `number`: of its last line in the file."""

    number: int
    text: str
    cells: list[str]


def column_names(cells: list[str]) -> list[str]:
    return [cell.strip().lower().removeprefix("\ufeff") for cell in cells]


def separator(text: str, names: Collection[str] = ()) -> str:
    """The one by which the first line names most columns, ours or those named besides; where none does, the
    one that is there most."""
    wanted = {*COLUMNS, *(name.strip().lower() for name in names)}
    first = next(iter(io.StringIO(text.removeprefix("\ufeff"), newline="")), "")

    def known(mark: str) -> int:
        return sum(name.strip().strip('"').strip().lower() in wanted for name in first.split(mark))

    return max(SEPARATORS, key=lambda mark: (known(mark), first.count(mark)))


def lines(text: str, mark: str | None = None) -> Iterator[Line]:
    """Each row, header first. Rows end at line ends alone: a text has more characters that Python takes for one. Raises
    csv.Error, which says nothing of where: count what came before. `mark`: what parts the cells, where it is known."""
    written = list(io.StringIO(text, newline=""))
    reader = csv.reader(written, delimiter=mark or separator(text), strict=True)
    begin = 0
    for cells in reader:
        yield Line(number=reader.line_num, text="".join(written[begin : reader.line_num]), cells=cells)
        begin = reader.line_num
