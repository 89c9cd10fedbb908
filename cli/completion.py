"""What the tab key offers: stacks, cohorts, members and levels, from files alone; nothing where they are wrong."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import typer

MAX_OFFERED = 200


def _quiet(offer: Callable[[typer.Context], Iterable[str]]) -> Callable[[typer.Context, str], list[str]]:
    """Whoever presses a key wants an offer, and never an error."""

    def offered(ctx: typer.Context, incomplete: str) -> list[str]:
        found: list[str] = []
        with contextlib.suppress(Exception):
            found = [name for name in offer(ctx) if name.startswith(incomplete)]
        return sorted(found)[:MAX_OFFERED]

    return offered


def _cohorts(ctx: typer.Context) -> Mapping[str, Any]:
    from cli.stack_file.files import config_of
    from cli.stack_file.listing import stack_path, stacks
    from rollout.stack_file.load import PROJECT

    given = ctx.params.get("stack")
    project = Path.cwd()
    found: dict[str, Any] = {}
    for stack in [given] if given else stacks(project):
        with contextlib.suppress(Exception):
            found |= config_of(stack_path(project, str(stack))).get(f"{PROJECT}:cohorts") or {}
    return found


def _stacks(ctx: typer.Context) -> Iterable[str]:  # noqa: ARG001
    from cli.stack_file.listing import stacks

    return stacks(Path.cwd())


def _members(ctx: typer.Context) -> Iterable[str]:
    """Of the cohort that is named already, else of all."""
    from rollout.stack_file.roster import read_roster

    known = _cohorts(ctx)
    named = ctx.params.get("cohort") or ctx.params.get("who")
    found: set[str] = set()
    for name, cohort in known.items():
        if named in (None, name):
            found |= {str(email) for email in cast("Mapping[Any, Any]", cohort.get("members") or {})}
            found |= {str(machine) for machine in cast("Mapping[Any, Any]", cohort.get("machines") or {})}
            if roster := cohort.get("roster"):
                found |= {row.email for row in read_roster(str(roster), Path.cwd())[0]}
    return found


def _cohorts_and_members(ctx: typer.Context) -> Iterable[str]:
    return [*_cohorts(ctx), *_members(ctx)]


def _levels(ctx: typer.Context) -> Iterable[str]:  # noqa: ARG001
    from rollout.levels import Level

    return [level.value for level in Level]


complete_stack = _quiet(_stacks)
complete_cohort = _quiet(_cohorts)
complete_member = _quiet(_members)
complete_who = _quiet(_cohorts_and_members)
complete_level = _quiet(_levels)
