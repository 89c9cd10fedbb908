"""`rollout status`, as a table of 80 columns or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from cli.live.asking import Unreachable
from cli.live.remaining import remaining, unfinished
from cli.live.status import CohortStatus, Status, read, status, with_drift
from cli.terminal.json_out import print_json
from cli.terminal.tables import keep_addresses

UNKNOWN = "?"
LINES = 10
NEEDED, NOT_ALL_ASKED = 1, 3


def run(stack: str, drift: bool, as_json: bool) -> int:
    """The exit code: 1 where something needs a person, 3 where nothing is known to, and not everything was asked."""
    now = datetime.now(UTC)
    rollout, told = read(Path.cwd(), stack, now)
    if drift:
        told = with_drift(told, _drift(stack))
    found = status(stack, rollout, told, now)
    if as_json:
        print_json({**asdict(found), "needs": found.needs})
    else:
        show(Console(highlight=False, soft_wrap=False), found)
    return NEEDED if found.needs else NOT_ALL_ASKED if found.unreachable else 0


def _drift(stack: str) -> list[str] | Unreachable:
    """What an update would do: where the file was not changed since the last one, that is what was changed by hand."""
    plan = remaining(stack)
    if plan is None:
        return Unreachable("drift", "the engine could not ask; `pulumi preview --refresh` says why")
    if plan.is_refused:
        return Unreachable("drift", "; ".join([*plan.errors, *plan.breaches])[:300])
    return [f"{step.operation} {step.kind.rpartition(':')[2]} {step.name}" for step in unfinished(plan)]


def show(console: Console, found: Status) -> None:
    where = f"account {found.account}" if found.account else "AWS not reached"
    console.print(f"Claude Code at {found.organization}: stack {found.stack}, {where}, {moment(found.at)} UTC")
    if found.away:
        console.print(found.away, markup=False)
    console.print(_table(found))
    console.print()
    console.print(_in_force(found, console.width))
    for label, text in lines(found):
        console.print(f"{label + ':':<13}{text}", markup=False)


def _table(found: Status) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    table.add_column("Cohort", overflow="fold")
    table.add_column("Level", no_wrap=True)
    table.add_column("Since", overflow="fold")
    table.add_column("People", justify="right", overflow="fold")
    table.add_column("Profiles", justify="right")
    table.add_column("Last used", overflow="fold")
    table.add_column("Today", justify="right")
    table.add_column("Month", justify="right")
    for cohort in found.cohorts:
        table.add_row(*row(found, cohort))
    return table


def _in_force(found: Status, width: int) -> Table:
    """What the world says, and last what the file says."""
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for column in ("In force", "in IAM", "in Okta", "on Macs", "in the file"):
        table.add_column(column, overflow="fold")
    for cohort in found.cohorts:
        now = cohort.in_force
        table.add_row(*(cohort.name, now.iam_words, now.okta_words(cohort.members), now.mac_words, cohort.level.value))
    keep_addresses(table, width)
    return table


def row(found: Status, cohort: CohortStatus) -> Iterator[str]:
    yield cohort.name
    yield f"{cohort.level}{' !' if cohort.firing else ''}"
    is_none_yet = cohort.is_deployed is False or not cohort.level.effects.group
    yield moment(cohort.since) if cohort.since else "-" if is_none_yet else UNKNOWN
    yield f"{cohort.members}{f' ({cohort.stopped} apart)' if cohort.stopped else ''}"
    yield f"{UNKNOWN if cohort.profiles is None else cohort.profiles} of {cohort.models}"
    known = not any(source.source in {"last activity", "AWS"} for source in found.unreachable)
    yield moment(cohort.last_used) if cohort.last_used else "-" if known else UNKNOWN
    yield usd(cohort.usd_today)
    yield usd(cohort.usd_month)


def lines(found: Status) -> Iterator[tuple[str, str]]:
    for cohort in found.cohorts:
        if cohort.incident:
            yield "Incident", f"{cohort.name}: {cohort.incident}"
        for email, level in list(cohort.apart.items())[:LINES]:
            yield "Apart", f"{cohort.name}: {email} {level}"
        if len(cohort.apart) > LINES:
            yield "Apart", f"{cohort.name}: {len(cohort.apart) - LINES} more"
        yield from _ends(cohort)
    for line in found.contradictions[:LINES]:
        yield "NOT SO", line
    yield from _money(found)
    yield from _alarms(found)
    yield from _engine(found)
    for note in found.notes:
        yield "Note", note
    for source in found.unreachable:
        yield "Not reached", source.line


def _ends(cohort: CohortStatus) -> Iterator[tuple[str, str]]:
    for label, ends in (("Ended", cohort.ended), ("Ends", cohort.ends)):
        for email, end in list(ends.items())[:LINES]:
            yield label, f"{cohort.name}: {email} {moment(end)} UTC"
        if len(ends) > LINES:
            yield label, f"{cohort.name}: {len(ends) - LINES} more"


def _money(found: Status) -> Iterator[tuple[str, str]]:
    if found.usd_month is None:
        yield "Spend", f"not known; the month's budget is USD {found.monthly_usd:,.0f}"
        return
    share = 100 * found.usd_month / found.monthly_usd if found.monthly_usd else 0
    part = f"{usd(found.usd_today)} today, {usd(found.usd_month)} this month"
    yield "Spend", f"USD {part} of {found.monthly_usd:,.0f} ({share:.1f} %)"


def _alarms(found: Status) -> Iterator[tuple[str, str]]:
    yield "Alarms", "not known" if found.alarms is None else f"{len(found.firing)} of {len(found.alarms)} firing"
    for alarm in found.firing[:LINES]:
        yield "  firing", f"{alarm.name} since {moment(alarm.since)}"
        yield "  do", alarm.description


def _engine(found: Status) -> Iterator[tuple[str, str]]:
    if found.update:
        changed = ", ".join(f"{count} {operation}" for operation, count in sorted(found.update.changes.items()))
        when = f"{moment(found.update.started)}, {_ago(found.at, found.update.started)} ago"
        yield "Last update", f"{when}, {found.update.result}: {changed or 'no change'}"
    else:
        yield "Last update", "not known"
    if found.differs is None:
        yield "File", "not held against the stack, whose outputs are not known"
    elif not found.differs:
        yield "File", "says what is deployed"
    for line in (found.differs or ())[:LINES]:
        yield "File", f"differs: {line}"
    if found.drift is not None:
        yield "Drift", f"{len(found.drift)} to be put right by `pulumi up`" if found.drift else "none"
        for line in found.drift[:LINES]:
            yield "  drift", line


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d %b %H:%M}"


def usd(amount: float | None) -> str:
    return UNKNOWN if amount is None else f"{amount:,.2f}"


def _ago(now: datetime, then: datetime) -> str:
    minutes = max(0, int((now - then).total_seconds() // 60))
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
