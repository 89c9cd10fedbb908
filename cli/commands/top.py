"""`rollout top`: who spent most in a day or a month, by the lines that the meter wrote of each request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.live import usage
from cli.live.own_account import clients_of
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from cli.terminal.errors import CannotLookError, CommandError
from cli.terminal.json_out import print_json
from rollout.model.errors import shown

# How a row is named, and what of a line names it.
BY: Mapping[str, str] = {"person": "user_id", "team": "team", "model": "model", "cohort": "cohort"}
# A row a day at most of what it counts by, so that days may be asked apart (`usage.rows`).
QUERY = (
    "filter Requests = 1 | stats count(*) as requests, sum(Usd) as usd, sum(Output) as output"
    f" by bin(1d) as day, user_id, cohort, team, model | limit {usage.ROWS_AT_MOST}"
)


@dataclass(frozen=True, kw_only=True)
class Spent:
    """`also`: of a person, team and cohort; else empty. `share`: of all that was spent, 0 to 1."""

    name: str
    also: str
    requests: int
    usd: float
    share: float


def run(stack: str, by: str, day: str | None, month: str | None, most: int, as_json: bool) -> int:
    """Exit code 0. CannotLookError where AWS does not tell."""
    now = datetime.now(UTC)
    if by not in BY:
        raise CommandError(f"--by: not one of {', '.join(BY)}: {shown(by)}")
    first, last = _span(day, month, now.date())
    project = Path.cwd()
    rollout, config = with_config(stack_path(project, stack))
    try:
        lines = list(usage.rows(clients_of(project, stack, config), QUERY, list(rollout.logged), first, last))
    except Exception as error:
        raise CannotLookError(f"the usage logs: {' '.join(str(error).split())}") from error
    found = spent(lines, by)
    if as_json:
        print_json(_document(found[:most], by, first, last, found))
        return 0
    _show(Console(highlight=False), found, by, first, last, most)
    return 0


def _span(day: str | None, month: str | None, today: date) -> tuple[date, date]:
    """The first and the last day; the month so far unless said."""
    if day and month:
        raise CommandError("--day, --month: name one of the two")
    try:
        if day:
            first = last = today - timedelta(days=1) if day == "yesterday" else date.fromisoformat(day)
        else:
            first = date.fromisoformat(f"{month}-01") if month else today.replace(day=1)
            last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    except ValueError:
        raise CommandError(f"not a day such as 2026-11-23, or a month such as 2026-11: {day or month}") from None
    if first > today:
        raise CommandError(f"{first} is not over, and has not begun")
    return first, min(last, today)


def spent(lines: Sequence[Mapping[str, str]], by: str) -> list[Spent]:
    """The dearest first; of the same, by name."""
    sums: dict[str, tuple[int, float, set[str]]] = {}
    for line in lines:
        name = line.get(BY[by]) or "unknown"
        requests, usd, also = sums.get(name, (0, 0.0, set[str]()))
        places = {f"{line.get('team') or 'unknown'}, {line['cohort']}"} if by == "person" else set[str]()
        sums[name] = requests + int(float(line["requests"])), usd + float(line["usd"]), also | places
    whole = sum(usd for _, usd, _ in sums.values())
    rows = [
        Spent(name=name, also="; ".join(sorted(also)), requests=requests, usd=usd, share=usd / whole if whole else 0.0)
        for name, (requests, usd, also) in sums.items()
    ]
    return sorted(rows, key=lambda row: (-row.usd, row.name))


def _document(top: Sequence[Spent], by: str, first: date, last: date, every: Sequence[Spent]) -> dict[str, Any]:
    return {
        "first": first,
        "last": last,
        "by": by,
        "usd": round(sum(row.usd for row in every), 6),
        "requests": sum(row.requests for row in every),
        "count": len(every),
        "top": [
            {by: row.name, "usd": round(row.usd, 6), "requests": row.requests, "share": round(row.share, 4)}
            for row in top
        ],
    }


def _show(console: Console, found: Sequence[Spent], by: str, first: date, last: date, most: int) -> None:
    when = f"{first:%d %b %Y}" if first == last else f"{first:%d %b} to {last:%d %b %Y}"
    if not found:
        console.print(f"nothing was spent on {when}" if first == last else f"nothing was spent from {when}")
        return
    table = Table(box=box.SIMPLE, pad_edge=False, title=f"{when}, UTC", title_justify="left", title_style="bold")
    for heading in _headings(by):
        table.add_column(heading, overflow="fold", justify="left" if heading in {by.capitalize(), "Where"} else "right")
    for row in found[:most]:
        cells = [row.name, *([row.also] if by == "person" else [])]
        figures = [f"{row.requests:,}", f"{row.usd:,.2f}", f"{row.share:.0%}"]
        table.add_row(*(Text(shown(cell)) for cell in cells), *figures)
    console.print(table)
    usd, rest = sum(row.usd for row in found), len(found) - most
    more = f"; {rest} more, which -n shows" if rest > 0 else ""
    console.print(f"USD {usd:,.2f} in all, of {len(found)}{more}")


def _headings(by: str) -> Iterator[str]:
    yield by.capitalize()
    if by == "person":
        yield "Where"
    yield from ("Requests", "USD", "Share")
