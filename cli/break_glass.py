"""Take a cohort with everything that leads to it, whatever state it is in; safe to repeat."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from cli.files import config_of
from cli.stack import NO_ENGINE, pulumi
from cli.stack_files import stack_path
from cli.waiting import waited
from rollout.checks import part
from rollout.config import Rollout
from rollout.levels import Level
from rollout.load import PROJECT
from rollout.words import StackFileError, nearest

COMPONENT = "claude:rollout:Cohort"


def break_glass(project: Path, stack: str, cohort: str, rollout: Rollout | None, quiet: bool = False) -> list[str]:
    """What to tell the person. `rollout`: the stack file; none to go on whatever it says.

    Raises CommandError where the stack file still gives the cohort access, and where the engine failed.
    """
    if rollout and (named := rollout.cohorts.get(cohort)) and named.level.rank < Level.SUSPENDED.rank:
        raise CommandError(
            f"the stack file has {cohort} at {named.level}, so the next `pulumi up` would give its access back; "
            f"set it to {Level.ROLLED_BACK} first, or add --whatever-the-file-says"
        )
    resources = _resources(project, stack)
    found = _urns(resources, cohort)
    if not found and cohort not in (known := _known(resources, project, stack)):
        text = f"{cohort} is neither in stack {stack} nor in its file, and nothing was taken; {nearest(cohort, known)}"
        raise CommandError(text)
    if not found:
        return [f"{cohort} is gone already: nothing of it is in stack {stack}"]
    _destroy(project, stack, found[0], quiet)
    left = _urns(_resources(project, stack), cohort)
    if left:
        raise CommandError(f"still in stack {stack}, run this again: {', '.join(left)}")
    return [f"{cohort} is gone from stack {stack}: role, profiles, Okta group and memberships. Its logs are kept."]


def _known(resources: Iterable[Mapping[str, Any]], project: Path, stack: str) -> set[str]:
    """Cohorts that the stack holds, or its file names, whatever else is wrong with that."""
    known = {name for each in resources if (name := each["urn"].partition(f"::{COMPONENT}::")[2])}
    with contextlib.suppress(CommandError, StackFileError):
        config = config_of(stack_path(project, stack))
        known |= {str(name) for name in part(config, f"{PROJECT}:cohorts")}
    return known


def _resources(project: Path, stack: str) -> list[dict[str, Any]]:
    exported = json.loads(pulumi(project, "stack", "export", "--stack", stack))
    return exported["deployment"].get("resources") or []


def _urns(resources: Sequence[Mapping[str, Any]], cohort: str) -> list[str]:
    """The cohort's own URN first, then those of whatever is below it."""
    root = f"::{COMPONENT}::{cohort}"
    own = [resource["urn"] for resource in resources if resource["urn"].endswith(root)]
    parents = set(own)
    below: list[str] = []
    for resource in resources:
        if resource.get("parent") in parents:
            parents.add(resource["urn"])
            below.append(resource["urn"])
    return own + below


def _destroy(project: Path, stack: str, urn: str, quiet: bool) -> None:
    """The engine's progress goes to the standard error where the other output is for programs."""
    what = ["--stack", stack, "--target", urn, "--target-dependents", "--yes", "--skip-preview"]
    command = ["pulumi", "destroy", *what, "--non-interactive"]
    try:
        code = waited(command, sys.stderr if quiet else None, project)
    except FileNotFoundError:
        raise CommandError(NO_ENGINE) from None
    if code:
        raise CommandError(f"`{' '.join(command)}` failed; what it did is done, and running this again goes on")
