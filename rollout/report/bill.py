"""The last billed month held against the meter, in sums: no person and no text of the bill is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rollout.reconcile.compare import Cause, Reconciliation


@dataclass(frozen=True, kw_only=True)
class Share:
    """Of the difference. `usd`: more billed than counted, or less where it is negative. `people`: how many."""

    cause: str
    explained: bool
    usd: float
    people: int


@dataclass(frozen=True, kw_only=True)
class Bill:
    """USD. `difference_usd`: billed less counted, and the sum of `explained_usd` and `unexplained_usd`; `causes` sum to
    it as well. `agrees`: nobody has to look."""

    month: date
    delivered: datetime
    counted_usd: float
    billed_usd: float
    difference_usd: float
    explained_usd: float
    unexplained_usd: float
    causes: Sequence[Share]
    warnings: Sequence[str]
    agrees: bool

    @property
    def unexplained(self) -> Sequence[Share]:
        return [each for each in self.causes if not each.explained]


def bill(found: Reconciliation) -> Bill:
    counted = sum((cell.counted_usd for cell in found.cells), Decimal())
    billed = sum((cell.billed_usd for cell in found.cells), Decimal())
    causes = [share for cause in Cause if (share := _share(found, cause))]
    return Bill(
        month=found.month,
        delivered=found.delivered,
        counted_usd=_usd(counted),
        billed_usd=_usd(billed),
        difference_usd=_usd(billed - counted),
        explained_usd=_usd(_sum(found, explained=True)),
        unexplained_usd=_usd(_sum(found, explained=False)),
        causes=causes,
        warnings=found.warnings,
        agrees=found.agrees,
    )


def _share(found: Reconciliation, cause: Cause) -> Share | None:
    parts = [(cell.key.person, part.usd) for cell in found.cells for part in cell.parts if part.cause is cause]
    if not parts:
        return None
    usd = sum((usd for _, usd in parts), Decimal())
    return Share(
        cause=cause.value, explained=cause.explained, usd=_usd(usd), people=len({person for person, _ in parts})
    )


def _sum(found: Reconciliation, *, explained: bool) -> Decimal:
    parts = (part for cell in found.cells for part in cell.parts)
    return sum((part.usd for part in parts if part.cause.explained is explained), Decimal())


def _usd(usd: Decimal) -> float:
    """To the micro-dollar, as `rollout reconcile` says it."""
    return float(round(usd, 6))
