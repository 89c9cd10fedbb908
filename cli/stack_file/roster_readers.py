"""Which stacks of a folder read a roster: a change of the file is a change of each of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cli.stack_file.files import config_in
from cli.stack_file.listing import stack_path, stacks
from cli.terminal.text import text_of
from rollout.stack_file.checks import part
from rollout.stack_file.load import PROJECT


def other_readers(path: Path, roster: Path) -> Mapping[Path, list[str]]:
    """Stack files beside `path` that name the roster, with the cohorts whose it is. StackFileError where one of them is
    no YAML, and so nobody knows."""
    found: dict[Path, list[str]] = {}
    for other in (stack_path(path.parent, stack) for stack in stacks(path.parent)):
        cohorts = part(config_in(text_of(other), other.name) or {}, f"{PROJECT}:cohorts")
        named = [str(name) for name in cohorts if _is(other.parent, part(cohorts, name).get("roster"), roster)]
        if other != path and named:
            found[other] = named
    return found


def _is(folder: Path, named: object, roster: Path) -> bool:
    return isinstance(named, str) and os.path.normpath(folder / named) == os.path.normpath(roster)
