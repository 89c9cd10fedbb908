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
        raise CommandError(f"there is no {path.name} here; stacks: {known}")
    return path
