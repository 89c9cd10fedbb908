"""A month that is reconciled, read from AWS: its bill first, so that where there is none, nothing else is paid for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cli.billing import billing_export, counted
from cli.billing.billing_export import Export, NotWrittenError
from cli.live import aws
from cli.live.aws import Clients
from cli.terminal.errors import CommandError
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.reconcile.billing_export import place
from rollout.reconcile.books import Month, books
from rollout.reconcile.compare import STALE, Reconciliation
from rollout.reconcile.compare import reconciliation as compared
from rollout.reconcile.obstacles import obstacles
from rollout.report.facts import NotReconciled


def month(clients: Clients, rollout: Rollout, first: date, now: datetime) -> Reconciliation:
    """`first`: of a month without `obstacles`. CommandError and ExportError where its bill cannot be read."""
    account = _account(clients)
    return _compared(clients, rollout, account, first, _export(clients, rollout, account, first), now)


def obstructed(rollout: Rollout, now: datetime) -> NotReconciled | None:
    """Why the last month cannot be reconciled, as the stack file alone tells it: nobody need be asked then."""
    today = now.astimezone(UTC).date()
    wrong = [each.short for each in obstacles(rollout, _month_before(today), today)]
    return NotReconciled(why="; ".join(wrong)) if wrong else None


def last_billed(clients: Clients, rollout: Rollout, now: datetime) -> Reconciliation | NotReconciled:
    """The last month that is over and billed to its end, which in a month's first two days is the one before the last.
    An export that has stopped is reconciled as it is: the comparison warns of it. For a stack that is not
    `obstructed`."""
    today = now.astimezone(UTC).date()
    last = _month_before(today)
    account = _account(clients)
    for first in (last, _month_before(last)):
        if any(obstacles(rollout, first, today)):
            continue
        try:
            export = _export(clients, rollout, account, first)
        except NotWrittenError:
            continue
        if Month(first=first, delivered=export.delivered).settled or now - export.delivered > STALE:
            return _compared(clients, rollout, account, first, export, now)
    return NotReconciled(why=f"AWS has not billed {last:%B %Y} yet")


def where(rollout: Rollout) -> str:
    """Where the bill is, as a person finds it."""
    export = rollout.billing_export
    if export is None:
        return "no billing_export"
    bucket, folder = place(export, "ACCOUNT")
    return f"s3://{bucket}/{folder}, held against the usage logs"


def _month_before(day: date) -> date:
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def _account(clients: Clients) -> Account:
    return Account(aws.account_of(clients), clients("logs").meta.region_name)


def _export(clients: Clients, rollout: Rollout, account: Account, first: date) -> Export:
    if rollout.billing_export is None:
        raise CommandError("billing_export: missing in the stack file")
    bucket, folder = place(rollout.billing_export, account.id)
    return billing_export.export_of(clients, bucket, folder, first)


def _compared(
    clients: Clients, rollout: Rollout, account: Account, first: date, export: Export, now: datetime
) -> Reconciliation:
    whole = Month(first=first, delivered=export.delivered)
    use = counted.counted(clients, rollout.logged, first, min(whole.last, now.date()))
    return compared(books(rollout, account, whole, use, billing_export.bill(clients, export)), now)
