"""The file with a first cohort's people: read, and judged beside the teams that the answers name."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cli.terminal.errors import CommandError
from cli.terminal.text import text_of
from rollout.model.errors import nearest, shown
from rollout.stack_file.roster import MAX_BYTES, parsed
from rollout.stack_file.roster_table import REQUIRED, column_names, separator

ROSTER = "rosters/people.csv"


def people_text(file: Path) -> str:
    """CommandError where it is no CSV file of people. Of another file nothing is shown: it may hold anything."""
    named = shown(str(file))
    if not file.exists():
        raise CommandError(f"no such file: {named}; give the path of a CSV file")
    if file.is_symlink() or not file.is_file():
        raise CommandError(f"a link, a folder, a pipe or a device, not a file: {named}; give the path of a CSV file")
    text = text_of(file, MAX_BYTES, "utf-8-sig")
    first = text.partition("\n")[0]
    if not set(REQUIRED) & set(column_names(first.split(separator(text)))):
        raise CommandError(f"no columns of people: {named}; its first line names {', '.join(REQUIRED)} and more")
    return text


def mistakes_in(text: str, name: str, teams: Collection[str]) -> list[str]:
    """A line for each mistake of a row, in the order of the file: the file's own, and teams that there are not."""
    rows, mistakes = parsed(ROSTER, text)
    known = {team.lower() for team in teams}
    for row in rows:
        team = str(row.member.get("team") or "")
        if team.lower() not in known:
            mistakes.append(f"{row.origin}: team: no such team: {shown(team)}; {nearest(team, teams)}")
    return [line.replace(ROSTER, name) for line in sorted(mistakes, key=_line_number)]


def _line_number(line: str) -> tuple[int, str]:
    number = line.removeprefix(ROSTER).lstrip(":").partition(":")[0]
    return (int(number) if number.isdecimal() else 0, line)
