"""Which stack files there are. Loads nothing, since completion asks at each press of a key."""

from __future__ import annotations

from pathlib import Path

from cli.terminal.errors import CommandError

BEGINNING, END = "Pulumi.", ".yaml"


def stacks(project: Path) -> list[str]:
    return sorted(file.name[len(BEGINNING) : -len(END)] for file in project.glob(f"{BEGINNING}?*{END}"))


def stack_path(project: Path, stack: str) -> Path:
    """CommandError where there is none, with those that are there. `stack` may be `organization/project/stack`."""
    name = stack.rpartition("/")[2]
    path = project / f"{BEGINNING}{name}{END}"
    if name not in stacks(project):
        known = ", ".join(stacks(project)) or f"none; go to the project's folder, which has {BEGINNING}<stack>{END}"
        below = [str(found.parent.relative_to(project)) for found in sorted(project.glob(f"examples/*/{path.name}"))]
        there = f"; {below[0]} has one: `cd {below[0]}`" if below else ""
        raise CommandError(f"there is no {path.name} here; stacks: {known}{there}")
    return path
