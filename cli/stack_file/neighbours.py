"""The stack files of a folder beside each other, as they lie there: no engine, no network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cli.stack_file.accounts import allowed_accounts
from cli.stack_file.files import config_in, config_of, with_config
from cli.stack_file.listing import stack_path, stacks
from cli.terminal.errors import CommandError
from cli.terminal.text import text_of
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.beside import Clash, Place, clashes
from rollout.stack_file.meters_role import too_much_for_the_meter


def clashes_in(project: Path, known: Mapping[str, Rollout] | None = None) -> list[Clash]:
    """Of every two stacks there. `known`: those that are read already. One that has mistakes of its own is passed over:
    what it would make is not known."""
    places = [*_places(project, known or {})]
    return [*too_much_for_the_meter(places), *clashes(places)]


def with_config_in(project: Path) -> list[str]:
    """The stacks of a folder, but for files without a `config:`, which a stack's secrets provider alone is in; a file
    that is no YAML is one, and its reader says so. CommandError where there is none."""
    known = [stack for stack in stacks(project) if _has_config(stack_path(project, stack))]
    if not known:
        raise CommandError("there is no stack file here; go to the folder that has Pulumi.<stack>.yaml")
    return known


def _has_config(path: Path) -> bool:
    try:
        return config_in(text_of(path), path.name) is not None
    except StackFileError:
        return True


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
