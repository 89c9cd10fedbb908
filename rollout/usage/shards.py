"""Over how many items of the table a counter is spread that many people add to, and what these are called.

A counter begins as one item, under its own key, and stays that at the load of a company. The item says in `shards` over
how many it is spread; no other is written to before it says so. Its sum is what all of them hold.

Standard library only: this runs in AWS Lambda too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

# What is added to for everybody or for a team; a person's own counters are as busy as one person.
SHARED = frozenset({"team-day", "month", "shadow-month"})
# At most. DynamoDB takes 1,000 write units a second of one partition, and an item is in one; a transaction writes it
# for 2. 8,000 requests a second, each delivered alone, are 16,000 units: 16 shards at full use. Transactions that meet
# at an item are refused long before: at ten records a delivery, 800 a second of 15 ms each are 12 at any moment, and
# with 128 shards one in eleven meets another.
SHARDS = 128
_SHARD = re.compile(r"shard#\d+#(?P<counter>.+)", re.DOTALL)
# Numbers of an item that count nothing.
_OWN = frozenset({"expires", "shards"})


def is_shared(counter: str) -> bool:
    return counter.partition("#")[0] in SHARED


def shard(counter: str, number: int) -> str:
    """The key of a counter's item. The first is the counter's own, which has what was counted before it was spread."""
    return f"shard#{number}#{counter}" if number else counter


def counter_of(key: str) -> str:
    """The counter whose item this is."""
    found = _SHARD.fullmatch(key)
    return found["counter"] if found else key


def width(item: Mapping[str, Any]) -> int:
    """Over how many items the counter is spread, by its first item, as DynamoDB gives it."""
    return int(item.get("shards", {}).get("N", 1))


def amounts(item: Mapping[str, Any]) -> dict[str, Decimal]:
    """What one item holds, as DynamoDB gives it."""
    return {name: Decimal(value["N"]) for name, value in item.items() if "N" in value and name not in _OWN}


def summed(items: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """What a counter's items hold together."""
    sums: dict[str, Decimal] = {}
    for item in items:
        for name, amount in amounts(item).items():
            sums[name] = sums.get(name, Decimal()) + amount
    return sums
