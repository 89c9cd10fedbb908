"""A cohort proposed from a directory of people, shown with its composition and why each."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.live.okta_people import Attributes, profiles
from cli.live.okta_people import found as found_in_okta
from cli.live.person import refusals
from cli.stack_file.change import judged, write
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CommandError
from cli.terminal.json_out import print_json
from cli.terminal.text import text_of
from rollout.model.errors import shown
from rollout.model.rollout import Rollout
from rollout.people.selection import MOST, SENIORITIES, Person, Rules, Selection, select
from rollout.stack_file.roster import YES

COLUMNS = ("name", "email", "team", "role", "seniority", "champion", "manager", "rationale")
MAX_BYTES = 50_000_000
UNKEPT = "no roster of these people keeps all rules; relax what is named as broken, or name more people"


def run(
    stack: str,
    directory: Path | None,
    attributes: Attributes,
    size: int,
    juniors: str,
    champions: int,
    senior_percent: int,
    seed: int,
    out: Path | None,
    as_json: bool,
) -> int:
    """The exit code: 1 where no roster keeps all rules."""
    path = stack_path(Path.cwd(), stack)
    rollout = judged(text_of(path), path.parent, path.name)
    if out:
        _require_no_roster(out, path.parent, rollout)
    rules = Rules(size=size, juniors=_range(juniors), champions=champions, senior_percent=senior_percent)
    people = list(read_people(directory, rollout)) if directory else ask_okta(rollout, attributes, rules)
    headcounts = {name: team.headcount for name, team in rollout.organization.teams.items()}
    taken = {email for cohort in rollout.cohorts.values() for email in cohort.members}
    chosen = select(people, headcounts, rules, taken, seed)
    if out and not chosen.broken:
        write(out, roster(chosen))
    if as_json:
        errors = {"errors": [UNKEPT]} if chosen.broken else {}
        print_json({"choices": [asdict(choice) for choice in chosen.choices], "broken": chosen.broken, **errors})
    else:
        show(Console(), chosen, rules)
        if chosen.broken:
            raise CommandError(UNKEPT)
    return 1 if chosen.broken else 0


def read_people(directory: Path, rollout: Rollout) -> Iterator[Person]:
    """People of teams that the stack file knows; CommandError names each line that cannot be read."""
    teams = {name.lower(): name for name in rollout.organization.teams}
    mistakes: list[str] = []
    reader = csv.DictReader(io.StringIO(text_of(directory, MAX_BYTES, "utf-8-sig")))
    lines: dict[str, int] = {}
    foreign = 0
    try:
        names = {str(name).strip().lower() for name in reader.fieldnames or ()}
        if missing := {"name", "email", "team", "seniority"} - names:
            raise CommandError(f"{directory}:1: no column {', '.join(sorted(missing))}")
        for row in reader:
            extra = cast("dict[str | None, object]", row).pop(None, None)
            cells = {str(key).strip().lower(): (value or "").strip() for key, value in row.items()}
            email, team = cells["email"].lower(), teams.get(cells["team"].lower())
            if not team and not extra:
                foreign += 1
                continue
            found = list(_mistakes(cells, extra, lines.get(email)))
            mistakes += [f"{directory}:{reader.line_num}: {text}" for text in found]
            lines.setdefault(email, reader.line_num)
            if team and not found:
                yield Person(
                    email=email,
                    name=cells["name"],
                    team=team,
                    seniority=cells["seniority"].lower(),
                    champion=cells.get("champion", "").lower() in YES,
                    role=cells.get("role") or None,
                )
    except csv.Error as error:
        mistakes.append(f"{directory}:{reader.line_num}: not CSV: {error}")
    if foreign:
        print(f"left out: {foreign} whose team is no team of the stack file", file=sys.stderr)
    if mistakes:
        raise CommandError("\n".join(mistakes))


def _mistakes(cells: Mapping[str, str], extra: object, known: int | None) -> Iterator[str]:
    """Of a line; `known`: an earlier one with the same address."""
    if extra:
        yield "more cells than the header has; quote a cell that has a comma"
        return
    yield from refusals(cells["email"], cells["name"], cells.get("role", ""))
    if cells["email"] and known:
        yield f"email: {shown(cells['email'].lower())} is on line {known} already"
    if cells["seniority"].lower() not in SENIORITIES:
        yield f"seniority: not one of {', '.join(SENIORITIES)}: {shown(cells['seniority'])}"


def _require_no_roster(out: Path, folder: Path, rollout: Rollout) -> None:
    """A cohort's people are not written over unseen."""
    for name, cohort in rollout.cohorts.items():
        if cohort.roster and (folder / cohort.roster).resolve() == out.resolve():
            text = f"the roster of {name}; write elsewhere, and `rollout import-roster` shows what it changes"
            raise CommandError(f"{out}: {text}")


def ask_okta(rollout: Rollout, attributes: Attributes, rules: Rules) -> list[Person]:
    """The same from Okta's directory; who was left out is said on standard error."""
    answer = found_in_okta(profiles(rollout.okta.domain, os.environ), rollout.organization.teams, attributes)
    said = list(answer.said)
    if rules.champions and not attributes.champion:
        said.append("Okta does not know champions: name a --champion-attribute, set --champions 0, or give a CSV")
    print("\n".join(said), file=sys.stderr)
    return answer.people


def roster(found: Selection) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    for choice in found.choices:
        person = choice.person
        champion = "yes" if person.champion else "no"
        cells = [person.name, person.email, person.team, person.role or "", person.seniority, champion, ""]
        writer.writerow([*cells, choice.because])
    return buffer.getvalue()


def show(console: Console, found: Selection, rules: Rules) -> None:
    people = "1 person" if len(found.choices) == 1 else f"{len(found.choices)} people"
    table = Table("Name", "Team", "Seniority", "Champion", "Why", title=people)
    for choice in found.choices:
        person = choice.person
        table.add_row(
            escape(person.name), person.team, person.seniority, "yes" if person.champion else "", choice.because
        )
    console.print(table)
    teams = ", ".join(f"{team} {found.teams[team]} (share {share:.1f})" for team, share in found.shares.items())
    console.print(f"Teams: {teams}")
    counts = found.seniorities
    grown = counts["senior"] + counts["mid"]
    percent = f"{100 * counts['senior'] / grown:.0f} % senior (about {rules.senior_percent})" if grown else "no seniors"
    console.print(f"Seniority: {percent}; juniors {counts['junior']} ({rules.juniors[0]} to {rules.juniors[1]})")
    for line in found.broken:
        console.print(f"[red]cannot be kept[/red]: {line}", highlight=False)


def _range(text: str) -> tuple[int, int]:
    least, dash, most = text.partition("-")
    if not least.isdecimal() or (dash and not most.isdecimal()):
        raise CommandError(f"--juniors: not a number or two with a dash between: {text}")
    found = int(least), int(most or least)
    if found[0] > found[1] or found[1] > MOST:
        raise CommandError(f"--juniors: at least {found[0]}, at most {found[1]}: not a range below {MOST:,}")
    return found
