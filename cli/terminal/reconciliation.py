"""A reconciled month, for people and for programs. Nobody is named unless it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rollout.model.errors import shown
from rollout.reconcile.compare import Cause, Cell, Reconciliation

# More lines than people read; `--json` has all.
ROWS_AT_MOST = 200


@dataclass(kw_only=True)
class Row:
    """Cells of one heading. `parts`: by cause, USD, tokens and how many people."""

    counted_tokens: int = 0
    billed_tokens: int = 0
    counted_usd: Decimal = Decimal()
    billed_usd: Decimal = Decimal()
    parts: dict[Cause, tuple[Decimal, int, set[str]]] = field(
        default_factory=dict[Cause, tuple[Decimal, int, set[str]]]
    )

    def add(self, cell: Cell) -> None:
        self.counted_tokens += cell.counted_tokens
        self.billed_tokens += cell.billed_tokens
        self.counted_usd += cell.counted_usd
        self.billed_usd += cell.billed_usd
        for part in cell.parts:
            usd, tokens, who = self.parts.get(part.cause, (Decimal(), 0, set[str]()))
            self.parts[part.cause] = (usd + part.usd, tokens + part.tokens, who | {cell.key.person})

    @property
    def difference(self) -> Decimal:
        return self.billed_usd - self.counted_usd


Heading = tuple[str, ...]


def _rows(found: Reconciliation, heading: Callable[[Cell], Heading]) -> dict[Heading, Row]:
    rows: dict[Heading, Row] = {}
    for cell in found.cells:
        rows.setdefault(heading(cell), Row()).add(cell)
    return dict(sorted(rows.items()))


def _by(people: bool) -> tuple[Heading, Callable[[Cell], Heading]]:
    if people:
        return ("cohort", "person", "model", "kind"), lambda c: (c.key.cohort, c.key.person, c.key.model, c.key.kind)
    return ("cohort", "model", "kind"), lambda c: (c.key.cohort, c.key.model, c.key.kind)


def document(found: Reconciliation, people: bool) -> dict[str, Any]:
    """USD as numbers with six digits. `differences` of a row sum to `billed_usd - counted_usd`."""
    names, heading = _by(people)
    total = _total(found)
    return {
        "month": f"{found.month:%Y-%m}",
        "delivered": found.delivered,
        "newest_billed_day": found.newest,
        "settled": found.settled,
        "agrees": found.agrees,
        "counted_usd": _usd(total.counted_usd),
        "billed_usd": _usd(total.billed_usd),
        "difference_usd": _usd(total.difference),
        "rows": [{**dict(zip(names, key, strict=True)), **_figures(row)} for key, row in _rows(found, heading).items()],
        "not_compared": {name: {"usd": _usd(one.usd), "lines": one.lines} for name, one in found.aside.items()},
        "warnings": list(found.warnings),
    }


def _figures(row: Row) -> dict[str, Any]:
    return {
        "counted_tokens": row.counted_tokens,
        "billed_tokens": row.billed_tokens,
        "counted_usd": _usd(row.counted_usd),
        "billed_usd": _usd(row.billed_usd),
        "differences": [
            {"cause": cause.value, "explained": cause.explained, "usd": _usd(usd), "tokens": tokens, "people": len(who)}
            for cause, (usd, tokens, who) in sorted(row.parts.items())
        ],
    }


def _usd(usd: Decimal) -> float:
    return float(round(usd, 6))


def _total(found: Reconciliation) -> Row:
    total = Row()
    for cell in found.cells:
        total.add(cell)
    return total


def show(console: Console, found: Reconciliation, people: bool) -> None:
    names, heading = _by(people)
    total, rows = _total(found), _rows(found, heading)
    console.print(
        f"{found.month:%Y-%m}, as AWS had written it on {found.delivered:%Y-%m-%d %H:%M} UTC"
        + ("" if found.settled else "; AWS may still be late with its last days")
    )
    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in names:
        table.add_column(name.capitalize(), overflow="fold")
    for name in ("Counted, tokens", "Billed", "Counted, USD", "Billed", "Difference"):
        table.add_column(name, justify="right", no_wrap=name != "Counted, tokens")
    for key, row in list(rows.items())[:ROWS_AT_MOST]:
        table.add_row(*map(_plain, key), *_cells(row))
    table.add_section()
    table.add_row("all", *[""] * (len(names) - 1), *_cells(total))
    console.print(table)
    if len(rows) > ROWS_AT_MOST:
        console.print(f"and {len(rows) - ROWS_AT_MOST} rows more, which --json has")
    for line in _said(found, rows, people):
        console.print(line, soft_wrap=True, highlight=False)


def _plain(name: str) -> str:
    """A bill may name anything, and a terminal would do it."""
    return escape(shown(name))


def _cells(row: Row) -> tuple[str, ...]:
    tokens = (f"{row.counted_tokens:,}", f"{row.billed_tokens:,}")
    return (*tokens, f"{row.counted_usd:,.2f}", f"{row.billed_usd:,.2f}", f"{row.difference:+,.2f}")


def _said(found: Reconciliation, rows: dict[Heading, Row], people: bool) -> Iterator[str]:
    """What explains itself by its sum; everything else by its row."""
    causes = _total(found).parts
    for cause, (usd, tokens, _) in sorted(causes.items()):
        if cause.explained:
            yield f"explained: {cause.value}: USD {usd:+,.6f}" + (f", {tokens:+,} tokens" if tokens else "")
    for name, one in found.aside.items():
        yield f"not compared: {name}: USD {one.usd:+,.2f} in {one.lines} lines"
    for key, row in rows.items():
        for cause, (usd, tokens, who) in sorted(row.parts.items()):
            if not cause.explained:
                of = "" if people else f", {len(who)} {'person' if len(who) == 1 else 'people'}"
                yield (
                    f"[bold]look[/bold]: {' '.join(map(_plain, key))}: {cause.value}: USD {usd:+,.6f}"
                    + (f", {tokens:+,} tokens" if tokens else "")
                    + of
                )
    for warning in found.warnings:
        yield f"[bold]look[/bold]: {warning}"
    yield "the meter and the bill agree" if found.agrees else "the meter and the bill do not agree"
