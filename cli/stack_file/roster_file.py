"""A roster's text with one person more or fewer; every other line as somebody wrote it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from cli.terminal.errors import CommandError
from rollout.model.errors import nearest
from rollout.stack_file.roster_table import COLUMNS, column_names, lines, separator


def with_person(text: str, fields: Mapping[str, Any]) -> str:
    """`fields`: by column. CommandError where the roster has no column for what is said of the person."""
    names = column_names(next(lines(text)).cells)
    if missing := [name for name, value in fields.items() if value and name not in names]:
        raise CommandError(f"the roster has no column {', '.join(missing)}; add it to its first line")
    row = ["yes" if fields.get(name) is True else str(fields.get(name) or "") for name in names]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator(text), lineterminator="\n").writerow(row)
    return f"{text.rstrip()}\n{buffer.getvalue()}"


def without_person(text: str, email: str) -> str:
    rows = list(lines(text))
    names = column_names(rows[0].cells) if rows else []
    place = names.index("email") if "email" in names else None
    return "".join(
        row.text
        for number, row in enumerate(rows)
        if number == 0 or place is None or len(row.cells) <= place or row.cells[place].strip().lower() != email
    )


def with_team_renamed(text: str, old: str, new: str) -> str:
    """Rows of that team, in whatever case, with its new name; every other line as somebody wrote it."""
    rows = list(lines(text))
    names = column_names(rows[0].cells) if rows else []
    if "team" not in names:
        return text
    place = names.index("team")
    return "".join(
        _written([*row.cells[:place], new, *row.cells[place + 1 :]], separator(text), _end(row.text))
        if number and len(row.cells) > place and row.cells[place].strip().lower() == old.lower()
        else row.text
        for number, row in enumerate(rows)
    )


def mapped(text: str, columns: Mapping[str, str], teams: Mapping[str, str]) -> tuple[str, list[str]]:
    """(the text under our columns' names, the columns that are left out). `columns`: ours, and theirs, of which two are
    joined by a `+`, as `First name+Last name`. `teams`: ours by theirs, in lower case. A line stays at its number.
    CommandError where the file has no such column."""
    mark = separator(text, [name for given in columns.values() for name in given.split("+")])
    rows = list(lines(text, mark))
    theirs = column_names(rows[0].cells) if rows else []
    places = {ours: [_place(theirs, ours, name) for name in given.split("+")] for ours, given in columns.items()}
    kept = {name: [theirs.index(name)] for name in theirs if name in COLUMNS and name not in places}
    taken = {place for found in (*places.values(), *kept.values()) for place in found}
    wanted = {**places, **kept}
    made = [_written(list(wanted), mark, _end(rows[0].text))] if rows else []
    for row in rows[1:]:
        cells = [_joined(row.cells, found) for found in wanted.values()] if any(map(str.strip, row.cells)) else []
        if cells and "team" in wanted:
            place = list(wanted).index("team")
            cells[place] = teams.get(cells[place].strip().lower(), cells[place])
        made.append(_written(cells, mark, _end(row.text)) if cells else row.text)
    return "".join(made), [name for place, name in enumerate(theirs) if name and place not in taken]


def _place(theirs: list[str], ours: str, name: str) -> int:
    wanted = name.strip().lower()
    if wanted not in theirs:
        raise CommandError(f"--column {ours}={name}: the file has no such column; {nearest(wanted, theirs)}")
    return theirs.index(wanted)


def _joined(cells: list[str], places: list[int]) -> str:
    return " ".join(filter(None, (cells[place].strip() for place in places if place < len(cells))))


def _written(cells: list[str], mark: str, end: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=mark, lineterminator=end).writerow(cells)
    return buffer.getvalue()


def _end(line: str) -> str:
    """As the line ended; the last one of a file may end in nothing."""
    return line[len(line.rstrip("\r\n")) :]
