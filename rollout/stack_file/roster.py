"""Rosters as CSV: the plan's table plus the e-mail address."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout.model.errors import nearest, one_of

REQUIRED = ("name", "email", "team")
COLUMNS = (*REQUIRED, "role", "seniority", "champion", "manager", "rationale", "github", "level")
MAX_BYTES = 1 << 20
YES = {"yes", "true", "y", "1", "x"}
NO = {"no", "false", "n", "0", ""}
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

    Empty cells count as not given; a team or seniority may be written with capitals, as in the plan's table.
    """
    file = folder / path
    try:
        if file.stat().st_size > MAX_BYTES:
            return [], [f"{path}: larger than {MAX_BYTES >> 20} MiB; split it"]
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return [], [f"{path}: no such file; a roster is a CSV file below the project's folder"]
    except (OSError, UnicodeDecodeError) as error:
        return [], [f"{path}: cannot be read as UTF-8 text: {error}"]
    return _parse(path, text)


def _parse(path: str, text: str) -> tuple[list[Row], list[str]]:
    # By line ends alone: a text has more characters that Python takes for one, and a break in a cell is a blank.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    mistakes: list[str] = []
    seen: dict[str, int] = {}
    try:
        empty: list[str] = []
        header = [column.strip().lower() for column in next(reader, empty)]
        mistakes += _header_mistakes(path, header)
        if mistakes:
            return [], mistakes
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            origin = f"{path}:{reader.line_num}"
            if len(cells) != len(header):
                mistakes.append(
                    f"{origin}: {len(cells)} cells where the header has {len(header)}; quote a cell that has a comma"
                )
                continue
            values = {
                column: _BREAK.sub(" ", cell.strip())
                for column, cell in zip(header, cells, strict=True)
                if cell.strip()
            }
            email = values.pop("email", "").lower()
            if not email:
                mistakes.append(f"{origin}: email: missing; a person is known by it")
            elif email in seen:
                mistakes.append(f"{origin}: email: {email} is on line {seen[email]} already")
            else:
                seen[email] = reader.line_num
                rows.append(Row(origin, email, _member(values)))
    except csv.Error as error:
        mistakes.append(f"{path}:{reader.line_num}: not CSV: {error}")
    return rows, mistakes


def _header_mistakes(path: str, header: list[str]) -> list[str]:
    missing = [column for column in REQUIRED if column not in header]
    lines = (
        [f"{path}:1: no column {one_of(missing)}; the first line names the columns: {one_of(COLUMNS)}"]
        if missing
        else []
    )
    lines += [
        f"{path}:1: unknown column {column}; {nearest(column, COLUMNS)}" for column in header if column not in COLUMNS
    ]
    lines += [
        f"{path}:1: column {column} is there twice" for column in sorted({c for c in header if header.count(c) > 1})
    ]
    return lines


def _member(values: dict[str, str]) -> dict[str, Any]:
    member: dict[str, Any] = dict(values)
    if "seniority" in member:
        member["seniority"] = str(member["seniority"]).lower()
    champion = str(member.get("champion", "")).lower()
    if champion in YES | NO:
        member["champion"] = champion in YES
    return member
