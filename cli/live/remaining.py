"""What the engine still finds to do once it has asked every provider, and what it does of an update that it runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from cli.live.stack import NO_ENGINE
from cli.terminal.child_process import captured, waited
from cli.terminal.errors import CommandError
from rollout import names
from rollout.review.engine_plan import DELETES, Plan, Step


def remaining(stack: str, progress: Callable[[float], object] | None = None) -> Plan | None:
    """What is left to do; None where the engine could not ask. `progress`: told the seconds so far, now and then."""
    command = ["pulumi", "preview", "--stack", stack, "--refresh", "--json", "--non-interactive"]
    variables = {**os.environ, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    try:
        said = captured(command, variables, progress)
    except FileNotFoundError:
        raise CommandError(NO_ENGINE) from None
    try:
        return Plan.read(said)
    except ValueError:
        return None


def unfinished(plan: Plan) -> list[Step]:
    """Reads and refreshes are no work; a component is none of itself."""
    return [
        step
        for step in plan.steps
        if step.operation in {"create", "update", "replace", *DELETES} and not step.kind.startswith("claude:")
    ]


def engine(*arguments: str, aside: bool = False) -> int:
    """The exit code; its own progress is the progress, and `aside` goes to the standard error.

    Not its display for terminals: that one takes the keys, Ctrl-C with them, for itself alone (pulumi 3.258,
    backend/display/tree.go), and what it was told, nobody else learns.
    """
    out = sys.stderr if aside else sys.stdout
    colours = "always" if out.isatty() and "NO_COLOR" not in os.environ else "never"
    try:
        command = ["pulumi", *arguments, "--non-interactive", "--color", colours]
        return waited(command, sys.stderr if aside else None, variables={names.LOOKED_AT: "1"})
    except FileNotFoundError:
        raise CommandError(NO_ENGINE) from None
