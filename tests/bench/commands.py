"""How long the commands take that a person waits for at every turn."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from tests.stacks import COMPANY, PROJECT

COHORTS, MEMBERS = 30, 100


def commands(root: Path) -> dict[str, Callable[[], object]]:
    """By name: `rollout --help`; `rollout check` of 30 cohorts of 100 people, in rosters and in the stack file; and
    what they are compared with."""
    return {
        "python -c pass": lambda: _run(PROJECT, "-c", "pass"),
        "rollout --help": lambda: _run(PROJECT, "-m", "cli", "--help"),
        "rollout check, in rosters": _check(root / "rosters-of-many", in_rosters=True),
        "rollout check, in the stack file": _check(root / "members-of-many", in_rosters=False),
    }


def _check(folder: Path, in_rosters: bool) -> Callable[[], object]:
    large(folder, in_rosters)
    return lambda: _run(folder, "-m", "cli", "check", "-s", "large", "--json")


def _run(folder: Path, *arguments: str) -> None:
    variables = {"PYTHONPATH": str(PROJECT), "PATH": "", "PYTHONDONTWRITEBYTECODE": ""}
    subprocess.run([sys.executable, *arguments], cwd=folder, env=variables, check=True, stdout=subprocess.DEVNULL)


def large(folder: Path, in_rosters: bool) -> None:
    (folder / "rosters").mkdir(parents=True)
    found: dict[str, Any] = yaml.safe_load((COMPANY / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    teams = list(found["config"]["claude-code-rollout:organization"]["teams"])
    cohorts: dict[str, Any] = {}
    for number in range(COHORTS):
        people = [_person(number, n, teams[n % len(teams)]) for n in range(MEMBERS)]
        cohort: dict[str, Any] = {"level": "active", "models": ["haiku"]}
        if in_rosters:
            cohort["roster"] = f"rosters/c{number}.csv"
            with (folder / cohort["roster"]).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(people[0]))
                writer.writeheader()
                writer.writerows(people)
        else:
            cohort["members"] = {person.pop("email"): person for person in people}
        cohorts[f"wave{number}"] = cohort
    found["config"]["claude-code-rollout:cohorts"] = cohorts
    (folder / "Pulumi.large.yaml").write_text(yaml.safe_dump(found, sort_keys=False), encoding="utf-8")


def _person(cohort: int, number: int, team: str) -> dict[str, str]:
    return {
        "name": f"Person {number}",
        "email": f"person{number}@wave{cohort}.example",
        "team": team,
        "seniority": ("senior", "mid", "junior")[number % 3],
        "rationale": "one of many, for a measurement",
    }
