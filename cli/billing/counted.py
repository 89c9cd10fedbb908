"""What the meter counted in a month, by person, day, model and kind of token, out of the usage logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from cli.live import usage
from cli.live.aws import Clients
from rollout.reconcile.books import Counted

# The usage log's names, by ours.
_SUMS = {
    "input": "Input",
    "output": "Output",
    "cache_read": "CacheRead",
    "all_written": "CacheWrite",
    "cache_write_1h": "cache_write_1h",
    "usd": "Usd",
}
QUERY = (
    "filter Requests = 1 | stats "
    + ", ".join(f"sum({theirs}) as sum_{ours}" for ours, theirs in _SUMS.items())
    + f" by bin(1d) as day, user_id, cohort, model | limit {usage.ROWS_AT_MOST}"
)
# Logs Insights sums doubles; below this its digits are noise.
_EXACT = Decimal("0.00000001")


def counted(
    clients: Clients, cohorts: Sequence[str], first: date, last: date, pause: Callable[[float], None] = time.sleep
) -> Iterator[Counted]:
    """From `first` to `last`, both included. Logs Insights is paid for by the byte it reads."""
    for row in usage.rows(clients, QUERY, cohorts, first, last, pause):
        sums = {name: _sum(row, name) for name in _SUMS}
        tokens = {name: int(sums[name]) for name in ("input", "output", "cache_read", "cache_write_1h")}
        yield Counted(
            day=date.fromisoformat(row["day"][:10]),
            person=row["user_id"],
            cohort=row["cohort"],
            model=row["model"],
            # What is written for an hour is within what is written.
            tokens={**tokens, "cache_write": int(sums["all_written"]) - tokens["cache_write_1h"]},
            usd=sums["usd"].quantize(_EXACT),
        )


def _sum(row: Mapping[str, str], name: str) -> Decimal:
    """None where no line of the sum has it: lines of before an hour's writes were told apart."""
    return Decimal(row.get(f"sum_{name}") or 0)
