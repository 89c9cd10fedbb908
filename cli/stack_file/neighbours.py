"""The stack files of a folder beside each other, as they lie there: no engine, no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cli.stack_file.accounts import allowed_accounts
from cli.stack_file.files import config_of, with_config
from cli.stack_file.listing import stack_path, stacks
from cli.terminal.errors import CommandError
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.beside import Clash, Place, clashes


def clashes_in(project: Path, known: Mapping[str, Rollout] | None = None) -> list[Clash]:
    """Of every two stacks there. `known`: those that are read already. One that has mistakes of its own is passed over:
    what it would make is not known."""
    return clashes([*_places(project, known or {})])


def place_of(stack: str, rollout: Rollout, config: Mapping[str, Any]) -> Place:
    """`config`: the stack file's."""
    region = config.get("aws:region")
    return Place(
        stack=stack,
        rollout=rollout,
        region=str(region) if region else None,
        accounts=frozenset(allowed_accounts(config)),
    )


def _places(project: Path, known: Mapping[str, Rollout]) -> Iterator[Place]:
    for stack in stacks(project):
        path = stack_path(project, stack)
        try:
            if rollout := known.get(stack):
                yield place_of(stack, rollout, config_of(path))
            else:
                yield place_of(stack, *with_config(path))
        except (StackFileError, CommandError):
            continue
