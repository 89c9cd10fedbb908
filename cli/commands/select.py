"""A cohort proposed from a directory of people, shown with its composition and why each."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.change import judged, write
from cli.errors import CommandError
from cli.okta_people import Attributes, profiles
from cli.okta_people import found as found_in_okta
from cli.stack_files import stack_path
from cli.text import text_of
from rollout.config import Rollout
from rollout.selection import SENIORITIES, Person, Rules, Selection, select

COLUMNS = ("name", "email", "team", "role", "seniority", "champion", "manager", "rationale")
MAX_BYTES = 50_000_000


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
) -> None:
    path = stack_path(Path.cwd(), stack)
    rollout = judged(text_of(path), path.parent, path.name)
    rules = Rules(size=size, juniors=_range(juniors), champions=champions, senior_percent=senior_percent)
    people = list(read_people(directory, rollout)) if directory else ask_okta(rollout, attributes, rules)
    headcounts = {name: team.headcount for name, team in rollout.organization.teams.items()}
    taken = {email for cohort in rollout.cohorts.values() for email in cohort.members}
    chosen = select(people, headcounts, rules, taken, seed)
    if as_json:
        print(json.dumps({"choices": [asdict(choice) for choice in chosen.choices], "broken": chosen.broken}, indent=2))
    else:
        show(Console(), chosen, rules)
    if out and not chosen.broken:
        write(out, roster(chosen))
    if chosen.broken:
        raise CommandError("no roster of these people keeps all rules; relax what is named above, or name more people")


def read_people(directory: Path, rollout: Rollout) -> Iterator[Person]:
    """People of teams that the stack file knows; CommandError names each line that cannot be read."""
    teams = {name.lower(): name for name in rollout.organization.teams}
    mistakes: list[str] = []
    reader = csv.DictReader(io.StringIO(text_of(directory, MAX_BYTES, "utf-8-sig")))
    missing = {"name", "email", "team", "seniority"} - {str(name).strip().lower() for name in reader.fieldnames or ()}
    if missing:
        raise CommandError(f"{directory}:1: no column {', '.join(sorted(missing))}")
    for row in reader:
        cells = {str(key).strip().lower(): (value or "").strip() for key, value in row.items()}
        team, seniority = teams.get(cells["team"].lower()), cells["seniority"].lower()
        if seniority not in SENIORITIES:
            text = f"not one of {', '.join(SENIORITIES)}: {cells['seniority']}"
            mistakes.append(f"{directory}:{reader.line_num}: seniority: {text}")
        elif team:
            yield Person(
                email=cells["email"].lower(),
                name=cells["name"],
                team=team,
                seniority=seniority,
                champion=cells.get("champion", "").lower() in {"yes", "true", "y", "1", "x"},
                role=cells.get("role") or None,
            )
    if mistakes:
        raise CommandError("\n".join(mistakes))


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
    table = Table("Name", "Team", "Seniority", "Champion", "Why", title=f"{len(found.choices)} people")
    for choice in found.choices:
        person = choice.person
        table.add_row(person.name, person.team, person.seniority, "yes" if person.champion else "", choice.because)
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
    return int(least), int(most or least)
