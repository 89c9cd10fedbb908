"""Rosters as CSV: the plan's table plus the e-mail address."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout.model.errors import nearest, one_of, shown
from rollout.model.fields import small
from rollout.stack_file.roster_table import COLUMNS, REQUIRED, SEPARATORS, Line, column_names, lines, separator

MAX_BYTES = 1 << 20
YES = {"yes", "true", "y", "1", "x"}
NO = {"no", "false", "n", "0", ""}
# What spreadsheets and people write where there is nothing to write.
PLACEHOLDERS = {
    "-",
    "--",
    "\u2013",
    "\u2014",
    "?",
    ".",
    "/",
    "n/a",
    "#n/a",
    "n.a.",
    "na",
    "none",
    "null",
    "nil",
    "tbd",
    "tbc",
}
# Those that somebody may be called.
NAMES = {"na", "nil"}
_OUT = "take the line out"
# Within a quoted cell, where spreadsheets put one by Alt+Enter.
_BREAK = re.compile(r"\s*[\r\n]+\s*")


@dataclass(frozen=True)
class Row:
    """One person: what the stack file would say of them, and where it is written."""

    origin: str
    email: str
    member: Mapping[str, Any]


def read_roster(path: str, folder: Path) -> tuple[list[Row], list[str]]:
    """The rows of `path` below `folder`, and the mistakes that are the file's own, a line each.

    Empty cells and placeholders count as not given; a team or seniority may be written with capitals, as in the plan's
    table. A link, a pipe or a device is none: what it leads to is nobody's roster, and may never end.
    """
    file, named = folder / path, shown(path)
    try:
        if link := next((part for part in _parts(path, folder) if part.is_symlink()), None):
            return [], [f"{named}: {shown(link.name)} is a link; put the file itself below the project's folder"]
        if file.exists() and not file.is_file():
            return [], [f"{named}: a folder, a pipe or a device, not a file; a roster is a CSV file"]
        with file.open("rb") as opened:
            given = opened.read(MAX_BYTES + 1)
        if len(given) > MAX_BYTES:
            return [], [f"{named}: larger than {MAX_BYTES >> 20} MiB; split it"]
        text = given.decode("utf-8-sig")
    except FileNotFoundError:
        return [], [f"{named}: no such file; a roster is a CSV file below the project's folder"]
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} is none of it"
        return [], [f"{named}: cannot be read as UTF-8 text: {where}; save it as CSV UTF-8"]
    except OSError as error:
        return [], [f"{named}: cannot be read: {error.strerror or error}"]
    return parsed(named, text)


def _parts(path: str, folder: Path) -> Iterator[Path]:
    """The file and each folder on the way to it."""
    for part in Path(path).parts:
        yield (folder := folder / part)


def parsed(path: str, text: str) -> tuple[list[Row], list[str]]:
    """The rows of a roster's text, and its mistakes; `path`: what both say it stands in."""
    rows: list[Row] = []
    mistakes: list[str] = []
    seen: dict[str, int] = {}
    number, header, mark = 0, None, SEPARATORS[separator(text)]
    try:
        for line in lines(text):
            number = line.number
            if header is None:
                header = column_names(line.cells)
                mistakes += _header_mistakes(path, header)
                if mistakes:
                    return [], mistakes
            elif any(cell.strip() for cell in line.cells):
                found = _row(f"{path}:{number}", header, line, mark, seen)
                if isinstance(found, Row):
                    seen[found.email] = number
                    rows.append(found)
                else:
                    mistakes.append(found)
    except csv.Error as error:
        mistakes.append(f"{path}:{number + 1}: not CSV: {error}")
    return rows, mistakes if header is not None else [*mistakes, *_header_mistakes(path, [])]


def _row(origin: str, header: list[str], line: Line, mark: str, seen: Mapping[str, int]) -> Row | str:
    """A person, or what is wrong with the line. `mark`: what parts its cells, in a word."""
    cells = line.cells
    while len(cells) > len(header) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(header):
        return f"{origin}: {len(cells)} cells where the header has {len(header)}; quote a cell that has a {mark}"
    pairs = [(column, _BREAK.sub(" ", cell.strip())) for column, cell in zip(header, cells, strict=True)]
    if nameless := next((cell for column, cell in pairs if cell and not column), None):
        return f"{origin}: {shown(nameless)} is in a column without a name; name the column, or empty the cell"
    values = {column: cell for column, cell in pairs if cell and not _is_placeholder(column, cell)}
    given, email = dict(pairs), small(values.pop("email", ""))
    if not email and given.get("email"):
        return f"{origin}: email: {shown(given['email'])} is a placeholder; give the person's address, or {_OUT}"
    if not email:
        return f"{origin}: email: missing; a person is known by it"
    if _is_nobody(given.get("name", "")) and _is_nobody(email.partition("@")[0]):
        return (
            f"{origin}: {shown(given['name'])}, {shown(email)}: a placeholder, not a person; {_OUT} until there is one"
        )
    if email in seen:
        return f"{origin}: email: {shown(email)} is on line {seen[email]} already"
    return Row(origin, email, _member(values))


def _is_placeholder(column: str, cell: str) -> bool:
    """Somebody may be called Na. The line itself is refused where nothing else names a person: `_is_nobody`."""
    return cell.lower() in PLACEHOLDERS and not (column == "name" and cell.isalpha())


def _is_nobody(word: str) -> bool:
    return word.lower() in PLACEHOLDERS - NAMES


def _header_mistakes(path: str, header: list[str]) -> list[str]:
    """A column without a name is none, as long as nothing is in it."""
    named = [column for column in header if column]
    missing = [column for column in REQUIRED if column not in named]
    found = [f"{path}:1: no column {one_of(missing)}; the first line names the columns: {one_of(COLUMNS)}"]
    return [
        *(found if missing else []),
        *(f"{path}:1: unknown column {shown(one)}; {nearest(one, COLUMNS)}" for one in named if one not in COLUMNS),
        *(f"{path}:1: column {shown(one)} is there twice" for one in sorted({c for c in named if named.count(c) > 1})),
    ]


def _member(values: dict[str, str]) -> dict[str, Any]:
    member: dict[str, Any] = dict(values)
    if "seniority" in member:
        member["seniority"] = str(member["seniority"]).lower()
    champion = str(member.get("champion", "")).lower()
    if champion in YES | NO:
        member["champion"] = champion in YES
    return member
