"""Where the two sides differ, and why: each difference is split into parts that sum to it, to the last digit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from rollout.reconcile.books import LONG, PER, UNKNOWN, Aside, Books, Day, Key

# Of each line of the bill and each row of the meter: both round no earlier than here.
ROUNDED_USD = Decimal("0.000001")
# An export is written at least daily; one that is older has stopped.
STALE = timedelta(days=3)


class Cause(StrEnum):
    """`ROUNDING` and `NOT_YET_BILLED` explain themselves; every other cause is for a person to look at."""

    ROUNDING = "rounding"
    NOT_YET_BILLED = "not yet billed"
    PRICE = "the price in the stack file is not the billed one"
    METERED_PRICE = "the meter counted at another price than the stack file has now"
    NOT_BILLED = "counted, not billed"
    NOT_COUNTED = "billed, not counted"
    UNSEEN = "billed to a person whom the meter never saw"
    STRANGE = "of a usage type that is not understood"

    @property
    def explained(self) -> bool:
        return self in {Cause.ROUNDING, Cause.NOT_YET_BILLED}


@dataclass(frozen=True, kw_only=True)
class Part:
    """`usd`: billed less counted. `tokens`: the same, where tokens differ."""

    cause: Cause
    usd: Decimal
    tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One line of the comparison. Counted at the stack file's prices, and `parts` sum to `billed_usd - counted_usd`."""

    key: Key
    counted_tokens: int
    billed_tokens: int
    counted_usd: Decimal
    billed_usd: Decimal
    parts: tuple[Part, ...]

    @property
    def findings(self) -> tuple[Part, ...]:
        return tuple(part for part in self.parts if not part.cause.explained)


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """`aside`: of the bill, of nobody of ours. `warnings`: what keeps the comparison from being whole."""

    month: date
    delivered: datetime
    newest: date | None
    settled: bool
    cells: tuple[Cell, ...]
    aside: Mapping[str, Aside]
    warnings: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        return not self.warnings and not any(cell.findings for cell in self.cells)


def reconciliation(books: Books, now: datetime) -> Reconciliation:
    month = books.month
    seen = {(key.cohort, key.person) for key, days in books.days.items() if any(day.counted for day in days.values())}
    cells = [_cell(books, key, days, (key.cohort, key.person) in seen) for key, days in sorted(books.days.items())]
    return Reconciliation(
        month=month.first,
        delivered=month.delivered,
        newest=books.newest,
        settled=month.settled,
        cells=(*cells, *_strange(books)),
        aside=dict(sorted(books.aside.items())),
        warnings=tuple(_warnings(books, now)),
    )


def _warnings(books: Books, now: datetime) -> Iterator[str]:
    month = books.month
    if not month.settled and now - month.delivered > STALE:
        yield f"AWS wrote the export last on {month.delivered:%Y-%m-%d}: it has stopped, so days after are not compared"
    if nobody := books.aside.get("no principal"):
        yield (
            f"USD {nobody.usd:.2f} of Claude is billed to no principal: the export began in the month, or lacks "
            "INCLUDE_IAM_PRINCIPAL_DATA"
        )


def _cell(books: Books, key: Key, days: Mapping[date, Day], seen: bool) -> Cell:
    counted, billed = sum(day.counted for day in days.values()), sum((day.billed for day in days.values()), Decimal())
    return Cell(
        key=key,
        counted_tokens=counted,
        billed_tokens=int(billed),
        counted_usd=sum((day.counted_usd for day in days.values()), Decimal()),
        billed_usd=sum((day.billed_usd for day in days.values()), Decimal()),
        parts=tuple(part for part in _parts(books, key, days, seen) if part.usd or part.tokens),
    )


def _parts(books: Books, key: Key, days: Mapping[date, Day], seen: bool) -> Iterator[Part]:
    lines = sum(day.lines for day in days.values())
    dearer = sum((day.billed_usd - day.priced for day in days.values()), Decimal())
    yield Part(cause=Cause.ROUNDING if abs(dearer) <= ROUNDED_USD * lines else Cause.PRICE, usd=dearer)
    settled = [day for at, day in days.items() if books.month.is_settled(at)]
    late = [day for at, day in days.items() if not books.month.is_settled(at)]
    if key.kind == LONG:
        yield from _by_usd(books, key, settled, late, seen)
        return
    # A request at midnight may be billed on the day after it was counted, so that whole spans are held together.
    for span, is_late in ((settled, False), (late, True)):
        tokens = int(sum((day.billed - day.counted for day in span), Decimal()))
        if tokens:
            usd = tokens * books.models[key.model].usd[key.kind] / PER
            yield Part(cause=_cause(tokens > 0, is_late, seen), usd=usd, tokens=tokens)


def _by_usd(books: Books, key: Key, settled: list[Day], late: list[Day], seen: bool) -> Iterator[Part]:
    """Of long prompts, whose tokens are in the other kinds already."""
    known = books.models.get(key.model)
    for span, is_late in ((settled, False), (late, True)):
        usd = sum((day.priced - day.counted_usd for day in span), Decimal())
        if abs(usd) <= ROUNDED_USD * len(span):
            yield Part(cause=Cause.ROUNDING, usd=usd)
        elif known is None or known.long == known.usd:
            yield Part(cause=Cause.METERED_PRICE, usd=usd)
        else:
            yield Part(cause=_cause(usd > 0, is_late, seen), usd=usd)


def _cause(more_billed: bool, is_late: bool, seen: bool) -> Cause:
    if more_billed:
        return Cause.NOT_COUNTED if seen else Cause.UNSEEN
    return Cause.NOT_YET_BILLED if is_late else Cause.NOT_BILLED


def _strange(books: Books) -> Iterator[Cell]:
    for (cohort, person, usage_type), aside in sorted(books.strange.items()):
        yield Cell(
            key=Key(cohort=cohort, person=person, model=UNKNOWN, kind=usage_type),
            counted_tokens=0,
            billed_tokens=0,
            counted_usd=Decimal(),
            billed_usd=aside.usd,
            parts=(Part(cause=Cause.STRANGE, usd=aside.usd),),
        )
