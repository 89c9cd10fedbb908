"""The company whose stacks are deployed here: where its files are, what its Okta is called, and who works there."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PROGRAM = Path(__file__).resolve().parent.parent
EXAMPLE = PROGRAM / "examples" / "acme"
VARIABLE = "SANDBOX_COMPANY"
STACK_FILE = "Pulumi.sandbox.yaml"
# An organization's whole list of people, where a company keeps one beside its stack files.
DIRECTORY = "directory.csv"
COLUMNS = ("name", "email", "team", "role", "seniority", "manager")
PREFIX = "claude-code-rollout:"

Person = dict[str, str]


def folder(given: Mapping[str, str] = os.environ, *, here: Path | None = None) -> Path:
    """SANDBOX_COMPANY, else the folder `here` if it has a stack for the sandbox, else the example."""
    if chosen := given.get(VARIABLE, "").strip():
        return Path(chosen).resolve()
    return here if here and (here / STACK_FILE).is_file() else EXAMPLE


@cache
def okta_org(company: Path) -> str:
    """The first label of the organization's Okta domain, as the sandbox's stack file has it."""
    return str(_config(company / STACK_FILE).get("okta:orgName") or "acme")


@cache
def people(company: Path) -> tuple[Person, ...]:
    """With the columns COLUMNS: directory.csv, or else everybody whom a stack file, or a roster of one, names."""
    whole = company / DIRECTORY
    if whole.is_file():
        return tuple(_rows(whole))
    found: dict[str, Person] = {}
    for file in sorted(company.glob("Pulumi.*.yaml")):
        for person in _named(company, _config(file)):
            found.setdefault(person["email"], person)
    return tuple(found.values())


def member(company: Path) -> str:
    """The address of somebody in a cohort of the sandbox's stack, to try things as."""
    return next((person["email"] for person in _named(company, _config(company / STACK_FILE))), "EMAIL")


def signs_in_with(company: Path, account: str) -> str:
    """Of `sandbox sign-in`: what leads to the pilot, by the way to sign in that the sandbox's stack file has."""
    if _config(company / STACK_FILE).get(f"{PREFIX}federation") == "identity_center":
        return "--permission-set claude-code-pilot"
    return f"--role-arn arn:aws:iam::{account}:role/claude-code-pilot"


def _config(file: Path) -> dict[str, Any]:
    """Without one it is empty: the engine says what is wrong with a stack file, better than we could."""
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return {}
    config = found.get("config") if isinstance(found, dict) else None
    return config if isinstance(config, dict) else {}


def _rows(file: Path) -> list[Person]:
    """However a spreadsheet wrote it: with semicolons or tabs, with a mark of its encoding, columns in capitals."""
    text = file.read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    found = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    found.fieldnames = [name.strip().lower() for name in found.fieldnames or []]
    rows = [{key: (row.get(key) or "").strip() for key in COLUMNS} for row in found]
    return [{**row, "email": row["email"].lower()} for row in rows if "@" in row["email"]]


def _named(company: Path, config: Mapping[str, Any]) -> Iterator[Person]:
    """Members first: of a manager or a lead nothing is known but the address."""
    cohorts = (config.get(f"{PREFIX}cohorts") or {}).values()
    rows = [_person(email, member) for cohort in cohorts for email, member in (cohort.get("members") or {}).items()]
    rosters = {str(cohort["roster"]) for cohort in cohorts if cohort.get("roster")}
    rows += [row for roster in sorted(rosters) if (company / roster).is_file() for row in _rows(company / roster)]
    yield from rows
    teams = (config.get(f"{PREFIX}organization") or {}).get("teams") or {}
    yield from (_person(team["lead"], {"team": name}) for name, team in teams.items() if team.get("lead"))
    yield from (_person(row["manager"], {"team": row["team"]}) for row in rows if row["manager"])


def _person(email: str, known: Mapping[str, Any]) -> Person:
    person = {key: str(known.get(key) or "") for key in COLUMNS}
    name = person["name"] or email.partition("@")[0].replace(".", " ").title()
    return {**person, "name": name, "email": email}
