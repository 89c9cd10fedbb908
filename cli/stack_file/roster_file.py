"""A roster's text with one person more or fewer; every other line as somebody wrote it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from cli.terminal.errors import CommandError
from rollout.stack_file.roster_table import column_names, lines, separator


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
