"""What is simulated, and the figures of each, which the page shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest.mock import patch

from functions.counting import shards as counter_shards
from rollout.usage.shards import SHARDS
from tests.costs.prices import PRICES
from tests.simulation.company import Company
from tests.simulation.run import Outcome, simulated

FILE = Path(__file__).with_name("figures.json")
# Write units a second that an account gives one table until it asks for more (DynamoDB developer guide, quotas).
DEFAULT_WRITES = 40_000
RAISED_WRITES = 120_000
# What a table on demand takes at first (the same, throughput of on-demand tables).
NEW_WRITES = 4_000
DELIVERED = 10
MEMORY_GB = 0.25


@dataclass(frozen=True, kw_only=True)
class Case:
    """`shards`: at most, of a counter; one is the meter of before. `wide`: of the month's, when the minute begins.
    `together`: of how many people the ten records of a delivery are. `seconds`: how long people ask."""

    load: int
    seconds: float
    shards: int = SHARDS
    wide: int = 1
    together: int = DELIVERED
    table_writes: int = DEFAULT_WRITES


CASES: Mapping[str, Case] = {
    "10": Case(load=10, seconds=20),
    "10, one item": Case(load=10, seconds=20, shards=1),
    "10, two people": Case(load=10, seconds=20, together=2),
    "10, three people": Case(load=10, seconds=20, together=3),
    "100": Case(load=100, seconds=5, wide=16),
    "100, one item": Case(load=100, seconds=5, shards=1),
    "100, a table that never had a load": Case(load=100, seconds=6, wide=16, table_writes=NEW_WRITES),
    "1000": Case(load=1000, seconds=2, wide=SHARDS, table_writes=RAISED_WRITES),
    "1000, a month that begins": Case(load=1000, seconds=2, table_writes=RAISED_WRITES),
    "1000, one item": Case(load=1000, seconds=0.5, shards=1, table_writes=RAISED_WRITES),
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Lags in seconds, from a call to its count. `late`: requests, of a hundred, counted after more than 30 seconds or
    never. `conflicts`: refused transactions for each that was not. `usd`: per million requests."""

    requests_a_second: float
    lag_50: float
    lag_99: float
    late: float
    conflicts: float
    throttled: int
    writes: float
    reads: float
    usd: float
    shards: int
    at_once: int
    lost: int
    differences: int


def figures(case: Case) -> Figures:
    company = Company(people=100 * case.load, together=case.together)
    with patch.object(counter_shards, "SHARDS", case.shards):
        found = simulated(
            company, seconds=case.seconds, delivered=DELIVERED, table_writes=case.table_writes, wide=case.wide
        )
    refused = found.counted["conflicts"] + found.counted["throttled"]
    done = sum(lag <= 30 for lag in found.lags)
    return Figures(
        requests_a_second=round(company.requests_a_second, 1),
        lag_50=round(found.lag(50), 1),
        lag_99=round(found.lag(99), 1),
        late=round(100 * (1 - done / found.requests), 2),
        conflicts=round(refused / max(1, found.counted["transactions"] - refused), 2),
        throttled=found.counted["throttled"],
        writes=round(found.counted["write units"] / found.requests, 1),
        reads=round(found.counted["read units"] / found.requests, 1),
        usd=round(_usd(found), 2),
        shards=found.shards,
        at_once=found.most_at_once,
        lost=found.lost,
        differences=found.differences,
    )


def _usd(found: Outcome) -> float:
    """Per million requests: DynamoDB and Lambda."""
    quantities = {
        "dynamodb_write": found.counted["write units"],
        "dynamodb_read": found.counted["read units"],
        "lambda_call": found.invocations,
        "lambda_gb_second": found.busy_seconds * MEMORY_GB,
    }
    return 1e6 / found.requests * sum(PRICES[name].usd * quantity for name, quantity in quantities.items())


def known() -> dict[str, Figures]:
    return {name: Figures(**found) for name, found in json.loads(FILE.read_text(encoding="utf-8")).items()}


def write(found: Mapping[str, Figures]) -> None:
    document = {name: asdict(each) for name, each in found.items()}
    FILE.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
