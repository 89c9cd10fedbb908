"""`rollout reconcile`: a month as the meter counted it, beside the same month as AWS billed it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

from rich.console import Console

from cli.live import aws, billing_export, counted
from cli.live.asking import why
from cli.live.own_account import clients_of
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from cli.terminal import reconciliation
from cli.terminal.errors import CannotLookError, CommandError
from cli.terminal.json_out import print_json
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.reconcile.billing_export import place
from rollout.reconcile.books import Month, books
from rollout.reconcile.compare import Reconciliation
from rollout.reconcile.compare import reconciliation as compared

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
    wrong = list(_not_possible(rollout, first, now))
    if wrong or rollout.billing_export is None:
        raise CommandError("\n".join(wrong))
    clients = clients_of(project, stack, config)
    # The bill comes first: where there is none, nothing is paid to Logs Insights.
    account = Account(aws.account_of(clients), clients("logs").meta.region_name)
    bucket, folder = place(rollout.billing_export, account.id)
    export = billing_export.export_of(clients, bucket, folder, first)
    whole = Month(first=first, delivered=export.delivered)
    use = counted.counted(clients, rollout.logged, first, min(whole.last, now.date()))
    return compared(books(rollout, account, whole, use, billing_export.bill(clients, export)), now)


def _month(text: str, now: datetime) -> date:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise CommandError(f"MONTH: no month such as 2026-11: {text}") from None
    if found > now.date():
        raise CommandError(f"MONTH: {text} has not begun")
    return found


def _not_possible(rollout: Rollout, first: date, now: datetime) -> list[str]:
    """All at once."""
    found: list[str] = []
    if rollout.billing_export is None:
        found.append("billing_export: missing in the stack file, so there is no bill by person; see docs/stack-file.md")
    if rollout.adopt.meter:
        found.append("adopt.meter: the meter is another stack's; reconcile there")
    if not rollout.logged:
        found.append("cohorts: none has a usage log, so nothing was counted")
    age = (now.date() - first).days
    found += (
        f"cohorts.{cohort}: its usage log keeps {kept} days, and {first:%Y-%m} began {age} days ago; reconcile a month "
        "when it is over, or raise logs.retention_days"
        for cohort in rollout.logged
        if (kept := rollout.retention_days(cohort)) < age
    )
    return found
