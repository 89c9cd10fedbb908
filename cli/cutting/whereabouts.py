"""In which cohort a person is, so that nobody who is in a hurry has to know it.

Read without the stack file's judge: a mistake elsewhere in the file keeps nobody from cutting somebody's access.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cli.stack_file.files import config_of
from cli.terminal.errors import CommandError
from rollout.levels import Level
from rollout.model.errors import nearest, one_of, shown
from rollout.stack_file.checks import level_of, part
from rollout.stack_file.load import PROJECT
from rollout.stack_file.roster import read_roster


def cohorts_of(path: Path, email: str) -> list[str]:
    """Names of the cohorts that have this person, those with access first. StackFileError where it is no YAML."""
    cohorts = part(config_of(path), f"{PROJECT}:cohorts")
    found = [str(name) for name in cohorts if email in set(_people(path.parent, part(cohorts, name)))]
    return sorted(found, key=lambda name: level_of(part(cohorts, name)) in {None, Level.PLANNED})


def home_of(path: Path, email: str, cohort: str | None = None) -> str:
    """The cohort that a person is in. CommandError where it is another than the one that was given, or none; it never
    proposes somebody else: whoever is in a hurry takes the first address that they are shown."""
    found = cohorts_of(path, email)
    if cohort is not None:
        require_cohort(path, cohort)
    if not found:
        text = f"{shown(email)}: in no cohort of {path.name}; look at the address again: it is as Okta's profile has it"
        raise CommandError(text)
    if cohort is None:
        return found[0]
    if cohort not in found:
        raise CommandError(f"{email} is in {one_of(found)}, not in {cohort}; nothing was changed")
    return cohort


def require_cohort(path: Path, cohort: str) -> None:
    """CommandError where the stack file has none of that name, StackFileError where it is no YAML."""
    known = part(config_of(path), f"{PROJECT}:cohorts")
    if cohort not in known:
        raise CommandError(f"cohorts.{cohort}: no such cohort; {nearest(cohort, map(str, known))}")


def holders_key(cohort: object) -> str:
    """Where a cohort of a stack file has those who hold sessions."""
    return "machines" if part(cohort, "machines") else "members"


def _people(folder: Path, cohort: object) -> Iterator[str]:
    for email in (*part(cohort, "members"), *part(cohort, "machines")):
        yield str(email).strip().lower()
    roster = part(cohort).get("roster")
    if isinstance(roster, str):
        yield from (row.email for row in read_roster(roster, folder)[0])
