"""Counters that are too busy for one item: spread over more as transactions meet, and read as their sum.

How wide a counter is stands in its first item, is raised there before anything is written beyond, and never falls. So
whoever reads that item first and the others after it has all that was counted before they began.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from functions.clients import client
from rollout.usage.shards import SHARDS, counter_of, is_shared, shard, summed, width

# How often one delivery meets others at a counter before it is widened. At the load of 100 developers
# one in eight meets another at the busiest hour; without this a month would end at the full width.
MET_BEFORE = 3
# A counter up to this wide is read after each delivery; a wider one by each process once in so many seconds.
READ_EACH_TIME = 8
READ_SECONDS = 5.0
# Of one BatchGetItem.
KEYS_AT_ONCE = 100
TRIES = 10


@dataclass
class Memory:
    """What one process knows, by counter: how wide it is at least, and when its sum was read last."""

    widths: dict[str, int] = field(default_factory=dict[str, int])
    read_at: dict[str, float] = field(default_factory=dict[str, float])


@cache
def memory() -> Memory:
    return Memory()


@dataclass(frozen=True, kw_only=True)
class Sum:
    """A counter: what it holds, and its first item, where all else is written."""

    held: Mapping[str, Decimal]
    item: Mapping[str, Any]


def item_key(counter: str) -> str:
    """Where to add, anew for each try: one that met others is likely to be alone elsewhere."""
    return shard(counter, random.randrange(memory().widths.get(counter, 1)))  # noqa: S311


def spread(keys: Iterable[str], met: Counter[str], table: str, expires: int) -> None:
    """`keys`: of items at which a delivery was refused, since another transaction was there. `met`: how often that was
    so with each counter, which is added to. `expires`: of a counter that is new."""
    for counter in sorted({counter_of(key) for key in keys}):
        met[counter] += 1
        if not is_shared(counter):
            continue
        known = memory().widths.get(counter, 1)
        found = client("dynamodb").get_item(TableName=table, Key={"id": {"S": counter}}, ConsistentRead=True)
        wide = width(found.get("Item") or {})
        if wide <= known < SHARDS and met[counter] >= MET_BEFORE and _widened(counter, 2 * known, table, expires):
            wide = 2 * known
        memory().widths[counter] = max(known, wide)


def _widened(counter: str, wide: int, table: str, expires: int) -> bool:
    """False where a transaction is at the item just now, or somebody else was first: the next try sees it."""
    try:
        client("dynamodb").update_item(
            TableName=table,
            Key={"id": {"S": counter}},
            UpdateExpression="SET #shards = :wide, #expires = if_not_exists(#expires, :expires)",
            ConditionExpression="attribute_not_exists(#shards) OR #shards < :wide",
            ExpressionAttributeNames={"#shards": "shards", "#expires": "expires"},
            ExpressionAttributeValues={":wide": {"N": str(wide)}, ":expires": {"N": str(expires)}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ConditionalCheckFailedException", "TransactionConflictException"}:
            return False
        raise
    return True


def due(counters: Collection[str]) -> list[str]:
    """Those to be read after a delivery: all but the wide ones, whose reading costs most, that were read of late."""
    now, known = time.monotonic(), memory()
    return [
        counter
        for counter in sorted(counters)
        if known.widths.get(counter, 1) <= READ_EACH_TIME
        or now - known.read_at.get(counter, -READ_SECONDS) >= READ_SECONDS
    ]


def read(counters: Collection[str], table: str) -> dict[str, Sum]:
    """Those that are there. TimeoutError where DynamoDB does not give them."""
    now, known = time.monotonic(), memory()
    first = dict(_items(sorted(counters), table))
    more = [shard(key, number) for key, item in first.items() for number in range(1, width(item))]
    held: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for key, item in [*first.items(), *_items(more, table)]:
        held[counter_of(key)].append(item)
    for key, item in first.items():
        if (wide := width(item)) > 1:
            known.widths[key], known.read_at[key] = max(wide, known.widths.get(key, 1)), now
    return {key: Sum(held=summed(held[key]), item=item) for key, item in first.items()}


def _items(keys: Sequence[str], table: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        asked = {"Keys": [{"id": {"S": key}} for key in keys[start : start + KEYS_AT_ONCE]], "ConsistentRead": True}
        wanted: dict[str, Any] = {table: asked}
        for _ in range(TRIES):
            answer = client("dynamodb").batch_get_item(RequestItems=wanted)
            for item in answer["Responses"].get(table, ()):
                yield item["id"]["S"], item
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                break
        else:
            raise TimeoutError("DynamoDB did not give the counters")
