"""`rollout status --all`: every stack of the folder in one table, each asked by itself, with its own session of AWS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.commands.status import LINES, NEEDED, NOT_ALL_ASKED, UNKNOWN, usd
from cli.live.asking import Unreachable, asking
from cli.live.engine import NO_STACK
from cli.live.status import Status, Told, read, status
from cli.stack_file.neighbours import with_config_in
from cli.terminal.json_out import print_json
from rollout.leaks.masked import printable


@dataclass(frozen=True, kw_only=True)
class One:
    """`error`: why nothing is known of it. `is_up`: whether anything of it is deployed."""

    stack: str
    found: Status | None
    error: str | None
    is_up: bool = True

    @property
    def is_dead(self) -> bool:
        return self.error is not None or (self.is_up and self.found is not None and bool(self.found.unreachable))


def run(as_json: bool) -> int:
    """1 where something of any stack needs a person; 3 where nothing is known to, and one was not asked in full."""
    found = read_all(Path.cwd(), datetime.now(UTC))
    if as_json:
        print_json(document(found))
    else:
        show(Console(highlight=False, soft_wrap=False), found)
    return code(found)


def code(found: Sequence[One]) -> int:
    if any(one.found and one.is_up and one.found.needs for one in found):
        return NEEDED
    return NOT_ALL_ASKED if any(one.is_dead for one in found) else 0


def read_all(project: Path, now: datetime) -> list[One]:
    """Side by side: one that does not answer holds up no other. Files without a `config:` are passed over."""
    with asking() as ask:
        answers = {stack: ask.of(stack, _one, project, stack, now) for stack in with_config_in(project)}
        return [_told(stack, answer.get()) for stack, answer in answers.items()]


def _one(project: Path, stack: str, now: datetime) -> One:
    rollout, told = read(project, stack, now)
    found = status(stack, rollout, told, now)
    return One(stack=stack, found=found, error=None, is_up=_is_up(told, found))


def _is_up(told: Told, found: Status) -> bool:
    """Not where nothing was ever deployed, or all of it was destroyed; where an update broke off, it is."""
    if isinstance(told.outputs, Unreachable):
        return NO_STACK not in told.outputs.why
    return bool(told.outputs) or not (
        found.update is None or (found.update.kind == "destroy" and found.update.succeeded)
    )


def _told(stack: str, answer: One | Unreachable) -> One:
    return One(stack=stack, found=None, error=answer.why) if isinstance(answer, Unreachable) else answer


def document(found: Sequence[One]) -> Mapping[str, Any]:
    """`stacks`: each as `rollout status --json` has it, with `error` and `is_up`; sums of what is known, `complete`
    where that is all."""
    day, month = _sums(found)
    return {
        "stacks": [
            {
                "stack": one.stack,
                "error": one.error,
                "is_up": one.is_up,
                **({**asdict(one.found), "needs": one.found.needs} if one.found and one.is_up else {}),
            }
            for one in found
        ],
        "usd_today": day,
        "usd_month": month,
        "complete": not any(one.is_dead for one in found),
    }


def _sums(found: Sequence[One]) -> tuple[float, float]:
    up = [one.found for one in found if one.found and one.is_up]
    return sum(each.usd_today or 0 for each in up), sum(each.usd_month or 0 for each in up)


def show(console: Console, found: Sequence[One]) -> None:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    for name in ("Stack", "Account", "Open", "People", "Cut", "Today", "Month", "Alarms", "Needs"):
        table.add_column(name, justify="left" if name in {"Stack", "Account"} else "right", overflow="fold")
    for one in found:
        table.add_row(*_row(one))
    console.print(table)
    day, month = _sums(found)
    least = "at least " if any(one.is_dead for one in found) else ""
    console.print(f"Spend:       {least}USD {usd(day)} today, {usd(month)} this month", markup=False)
    for one in found:
        for line in _lines(one):
            console.print(printable(f"{one.stack}: {line}"), markup=False)


def _row(one: One) -> tuple[str, ...]:
    status = one.found
    if status is None or not one.is_up:
        return (one.stack, "not read" if one.error else "not up", *[UNKNOWN if one.error else "-"] * 7)
    open_ = [cohort for cohort in status.cohorts if cohort.level.effects.group]
    cut = sum(cohort.level.needs_incident for cohort in open_) + sum(cohort.stopped for cohort in open_)
    return (
        one.stack,
        status.account or UNKNOWN,
        str(len(open_)),
        str(sum(cohort.members for cohort in open_)),
        str(cut),
        usd(status.usd_today),
        usd(status.usd_month),
        UNKNOWN if status.alarms is None else str(len(status.firing)),
        str(len(status.needs)),
    )


def _lines(one: One) -> list[str]:
    if one.error:
        return [f"not read: {one.error}"]
    if one.found is None or not one.is_up:
        return []
    needs = one.found.needs
    more = [f"{len(needs) - LINES} more: `rollout status -s {one.stack}`"] if len(needs) > LINES else []
    return [*needs[:LINES], *more, *([one.found.away] if one.found.away else [])]
