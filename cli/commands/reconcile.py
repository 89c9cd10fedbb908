"""`rollout reconcile`: a month as the meter counted it, beside the same month as AWS billed it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

from rich.console import Console

from cli.billing import reconciled
from cli.live.asking import why
from cli.live.own_account import clients_of
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from cli.terminal import reconciliation
from cli.terminal.errors import CannotLookError, CommandError
from cli.terminal.json_out import print_json
from rollout.reconcile.compare import Reconciliation
from rollout.reconcile.obstacles import obstacles

AGREES, DIFFERS = 0, 1


def run(stack: str, month: str, people: bool, as_json: bool) -> int:
    """The exit code: 0 the two agree, 1 somebody must look. CannotLookError, which is 2, where they cannot be held
    against each other."""
    try:
        found = _compared(stack, month, datetime.now(UTC))
    except Exception as error:
        raise CannotLookError(_lines(error)) from error
    if as_json:
        print_json(reconciliation.document(found, people))
    else:
        reconciliation.show(Console(), found, people)
    return AGREES if found.agrees else DIFFERS


def _lines(error: Exception) -> str:
    """All that is wrong, a line each."""
    lines = cast("list[str] | None", getattr(error, "lines", None))
    return "\n".join(lines) if lines else str(error) if isinstance(error, CommandError) else why(error)


def _compared(stack: str, month: str, now: datetime) -> Reconciliation:
    first = _month(month, now)
    project = Path.cwd()
    rollout, config = with_config(stack_path(project, stack))
    if wrong := [each.line for each in obstacles(rollout, first, now.date())]:
        raise CommandError("\n".join(wrong))
    return reconciled.month(clients_of(project, stack, config), rollout, first, now)


def _month(text: str, now: datetime) -> date:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise CommandError(f"MONTH: no month such as 2026-11: {text}") from None
    if found > now.date():
        raise CommandError(f"MONTH: {text} has not begun")
    return found
