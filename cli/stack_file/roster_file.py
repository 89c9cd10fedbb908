"""A roster's text with one person more or fewer; every other line as somebody wrote it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any

from cli.terminal.errors import CommandError


def with_person(text: str, fields: Mapping[str, Any]) -> str:
    """`fields`: by column. CommandError where the roster has no column for what is said of the person."""
    [header, *_] = [cells for _, cells in _rows(text)]
    names = _names(header)
    if missing := [name for name, value in fields.items() if value and name not in names]:
        raise CommandError(f"the roster has no column {', '.join(missing)}; add it to its first line")
    row = ["yes" if fields.get(name) is True else str(fields.get(name) or "") for name in names]
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(row)
    return f"{text.rstrip()}\n{buffer.getvalue()}"


def without_person(text: str, email: str) -> str:
    rows = list(_rows(text))
    place = _names(rows[0][1]).index("email") if rows and "email" in _names(rows[0][1]) else None
    return "".join(
        lines
        for number, (lines, cells) in enumerate(rows)
        if number == 0 or place is None or len(cells) <= place or cells[place].strip().lower() != email
    )


def _names(header: list[str]) -> list[str]:
    return [name.strip().lower().removeprefix("\ufeff") for name in header]


def _rows(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each row as it is written, a quoted cell of several lines included, and its cells."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines)
    begin = 0
    for cells in reader:
        yield "".join(lines[begin : reader.line_num]), cells
        begin = reader.line_num
