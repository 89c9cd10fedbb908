"""Take a cohort with everything that leads to it, whatever state it is in; safe to repeat."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from cli.errors import CommandError
from rollout.config import Rollout
from rollout.levels import Level

COMPONENT = "claude:rollout:Cohort"


def break_glass(project: Path, stack: str, cohort: str, rollout: Rollout | None) -> list[str]:
    """What to tell the person. `rollout`: the stack file; none to go on whatever it says.

    Raises CommandError where the stack file still gives the cohort access, and where the engine failed.
    """
    if rollout and (named := rollout.cohorts.get(cohort)) and named.level.rank < Level.SUSPENDED.rank:
        raise CommandError(
            f"the stack file has {cohort} at {named.level}, so the next `pulumi up` would give its access back; "
            f"set it to {Level.ROLLED_BACK} first, or add --whatever-the-file-says"
        )
    found = _urns(project, stack, cohort)
    if not found:
        return [f"{cohort} is gone already: nothing of it is in stack {stack}"]
    _engine(
        project, "destroy", "--stack", stack, "--target", found[0], "--target-dependents", "--yes", "--skip-preview"
    )
    left = _urns(project, stack, cohort)
    if left:
        raise CommandError(f"still in stack {stack}, run this again: {', '.join(left)}")
    return [f"{cohort} is gone from stack {stack}: role, profiles, Okta group and memberships. Its logs are kept."]


def _urns(project: Path, stack: str, cohort: str) -> list[str]:
    """The cohort's own URN first, then those of whatever is below it."""
    exported = json.loads(_engine(project, "stack", "export", "--stack", stack, quiet=True))
    resources: list[dict[str, Any]] = exported["deployment"].get("resources") or []
    root = f"::{COMPONENT}::{cohort}"
    own = [resource["urn"] for resource in resources if resource["urn"].endswith(root)]
    parents = set(own)
    below: list[str] = []
    for resource in resources:
        if resource.get("parent") in parents:
            parents.add(resource["urn"])
            below.append(resource["urn"])
    return own + below


def _engine(project: Path, *arguments: str, quiet: bool = False) -> str:
    command = ["pulumi", *arguments, "--non-interactive"]
    try:
        result = subprocess.run(  # noqa: S603
            command, cwd=project, stdout=subprocess.PIPE if quiet else None, text=True, check=False
        )
    except FileNotFoundError:
        raise CommandError('there is no `pulumi` on PATH; in the sandbox run `eval "$(make -s env)"` first') from None
    if result.returncode:
        raise CommandError(f"`{' '.join(command)}` failed; what it did is done, and running this again goes on")
    return result.stdout or ""
