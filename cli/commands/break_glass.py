"""Take a cohort with everything that leads to it, whatever state it is in; safe to repeat.

AWS's Deny comes first and by itself. The destroy needs the engine, its state, Okta and Jamf Pro: the engine configures
every provider that the state names before its first step, so that with Okta away it takes nothing.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.cutting.cutting import places
from cli.cutting.lenient import known_of
from cli.live.emergency import NoRoleError, deny
from cli.live.stack import NO_ENGINE, pulumi
from cli.stack_file.files import config_of, rollout_of
from cli.stack_file.listing import stack_path
from cli.terminal.ask import confirmed
from cli.terminal.child_process import waited
from cli.terminal.errors import CommandError
from rollout import names
from rollout.levels import Level
from rollout.model.errors import StackFileError, nearest
from rollout.stack_file.checks import part
from rollout.stack_file.load import PROJECT

COMPONENT = "claude:rollout:Cohort"
PARTLY_DONE = 3

Tell = Callable[[str], None]


def break_glass(project: Path, stack: str, cohort: str, whatever: bool, yes: bool, tell: Tell, quiet: bool) -> int:
    """The exit code: 0 it is gone, 3 the Deny is in force and not all is gone. `whatever`: go on though the stack file
    would give access back. `tell`: takes each line once it is true. `quiet`: the standard output is for programs.

    Raises CommandError where nothing was done at all: no Deny, and nothing to take.
    """
    in_force = _deny(project, stack, cohort, tell)
    try:
        return _take(project, stack, cohort, whatever, yes, tell, quiet, bool(in_force))
    except (CommandError, StackFileError) as error:
        if not in_force:
            raise
        _tell_what_is_left(project, stack, cohort, error, tell)
        tell(in_force)
        return PARTLY_DONE


def _take(
    project: Path, stack: str, cohort: str, whatever: bool, yes: bool, tell: Tell, quiet: bool, has_role: bool
) -> int:
    if not whatever:
        _require_level(project, stack, cohort)
    resources = _resources(project, stack)
    found = _urns(resources, cohort)
    if not found and has_role:
        raise CommandError(f"nothing of {cohort} is in stack {stack}: its role is another stack's, or nobody's")
    if not found and cohort not in (known := _known(resources, project, stack)):
        text = f"{cohort} is neither in stack {stack} nor in its file, and nothing was taken"
        raise CommandError(f"{text}; {nearest(cohort, known)}")
    if not found:
        tell(f"{cohort} is gone already: nothing of it is in stack {stack}")
        return 0
    confirmed(f"Take {cohort} with {_held(found)}, {_people(project, stack, cohort)}?", yes)
    _destroy(project, stack, found[0], quiet)
    if left := _urns(_resources(project, stack), cohort):
        raise CommandError(f"still in stack {stack}: {_held(left)}")
    tell(f"{cohort} is gone from stack {stack}: role, profiles, Okta group and memberships. Its logs are kept.")
    return 0


def _deny(project: Path, stack: str, cohort: str, tell: Tell) -> str:
    """What is in force, in a line; empty where there is no role to deny anything. CommandError where AWS refuses."""
    if not names.COHORT.fullmatch(cohort):
        return ""
    [place, *_] = places([known_of(project, stack)], [cohort])
    try:
        found = deny(place.clients, cohort, None, (), datetime.now(UTC))
    except NoRoleError:
        return ""
    since = f"{found.since:%H:%M:%S} UTC" if found.since else "before"
    line = f"in force in IAM since {since}: role {names.role(cohort)} denies everybody everything"
    tell(line)
    return line


def _require_level(project: Path, stack: str, cohort: str) -> None:
    named = rollout_of(stack_path(project, stack), by_clock=False).cohorts.get(cohort)
    if named and not named.level.is_cut:
        raise CommandError(
            f"the stack file has {cohort} at {named.level}, so the next `pulumi up` would give its access back; "
            f"set it to {Level.ROLLED_BACK} first, or add --whatever-the-file-says"
        )


def _known(resources: Iterable[Mapping[str, Any]], project: Path, stack: str) -> set[str]:
    """Cohorts that the stack holds, or its file names, whatever else is wrong with that."""
    known = {each["urn"].rpartition("::")[2] for each in resources if _kind(each["urn"]) == COMPONENT}
    with contextlib.suppress(CommandError, StackFileError):
        config = config_of(stack_path(project, stack))
        known |= {str(name) for name in part(config, f"{PROJECT}:cohorts")}
    return known


def _people(project: Path, stack: str, cohort: str) -> str:
    """How many it concerns, by the file, whatever else is wrong with that."""
    try:
        found = rollout_of(stack_path(project, stack), by_clock=False).cohorts.get(cohort)
    except (CommandError, StackFileError):
        return "nobody knows of how many people, since the stack file has mistakes"
    return f"of {len(found.members)} people" if found else "whose people no file names"


def _resources(project: Path, stack: str) -> list[dict[str, Any]]:
    exported = json.loads(pulumi(project, "stack", "export", "--stack", stack))
    return exported["deployment"].get("resources") or []


def _urns(resources: Sequence[Mapping[str, Any]], cohort: str) -> list[str]:
    """The cohort's own URN first, then those of whatever is below it."""
    own = [urn for each in resources if _kind(urn := each["urn"]) == COMPONENT and urn.rpartition("::")[2] == cohort]
    parents = set(own)
    below: list[str] = []
    for resource in resources:
        if resource.get("parent") in parents:
            parents.add(resource["urn"])
            below.append(resource["urn"])
    return own + below


def _kind(urn: str) -> str:
    """Its own type, whatever it is below."""
    return urn.split("::")[2].rpartition("$")[2]


def _held(urns: Sequence[str]) -> str:
    """`role, 3 profiles, Okta's groups, Macs`: what of it matters to a person."""
    kinds = [_kind(urn) for urn in urns]
    profiles = kinds.count("aws:bedrock/inferenceProfile:InferenceProfile")
    said = {
        "its role": "aws:iam/role:Role" in kinds,
        f"{profiles} inference profiles": profiles > 0,
        "people in Okta's groups": any("roupMemberships" in kind for kind in kinds),
        "the files of its Macs": any(kind.startswith("jamf:") for kind in kinds),
    }
    return ", ".join(what for what, is_there in said.items() if is_there) or f"{len(urns)} resources"


def _tell_what_is_left(project: Path, stack: str, cohort: str, error: Exception, tell: Tell) -> None:
    for line in str(error).splitlines():
        tell(f"in the way: {line}")
    try:
        left = _urns(_resources(project, stack), cohort)
    except CommandError:
        tell("not known: what is still there, since the engine's state cannot be read")
    else:
        tell(f"NOT done, still in stack {stack}: {_held(left)}" if left else f"nothing is left in stack {stack}")
    tell("repeat the same command once that is out of the way: it finishes what is not done")


def _destroy(project: Path, stack: str, urn: str, quiet: bool) -> None:
    """The engine's progress goes to the standard error where the other output is for programs."""
    what = ["--stack", stack, "--target", urn, "--target-dependents", "--yes", "--skip-preview", "--suppress-outputs"]
    command = ["pulumi", "destroy", *what, "--non-interactive"]
    try:
        code = waited(command, sys.stderr if quiet else None, project)
    except FileNotFoundError:
        raise CommandError(NO_ENGINE) from None
    if code:
        raise CommandError("`pulumi destroy` ended with an error, above; what it did is done")
