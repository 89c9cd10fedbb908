"""DynamoDB as the meter asks it, with what it refuses: transactions that meet, and more than a partition takes.

What an operation does to an item is done for real, so the sums can be held against an independent count.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.turns import Turns

# Write and read units a second of one partition. A hot item ends up in a partition by itself (adaptive capacity), so
# they are an item's. (DynamoDB developer guide, partitions and key design.) Up to 300 seconds of what was not used may
# be there as a burst, which nobody is promised: here it is one second's.
ITEM_WRITES, ITEM_READS = 1_000, 3_000
# A transaction writes each item for two units, and one that is refused is paid for as well (the same, transactions).
TRANSACTION_UNITS = 2
# Seconds, assumed: a transaction holds its items for 10 ms and 0.1 more for each of them; one that is refused is
# answered earlier. Each is multiplied by a log-normal number: half are between 0.67 and 1.5.
HOLD, HOLD_AN_ITEM, REFUSAL, SINGLE, BATCH = 0.010, 0.0001, 0.006, 0.004, 0.006
# What boto3 does about a throttled operation that is no transaction: three tries.
ATTEMPTS = 3


class TransactionCanceledException(ClientError):  # noqa: N818  boto3's name
    """As boto3 makes it of DynamoDB's answer."""


@dataclass
class Bucket:
    """`rate`: units a second, and at most as many are kept."""

    rate: float
    left: float
    at: float = 0.0

    def take(self, units: float, now: float) -> bool:
        self.left, self.at = min(self.rate, self.left + (now - self.at) * self.rate), now
        if self.left < units:
            return False
        self.left -= units
        return True


@dataclass
class Table:
    """`table_writes`: units a second that the account's quota gives one table. `committed`: told of each mark."""

    turns: Turns
    random: Random
    table_writes: float
    committed: Callable[[str], None]
    items: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    counted: Counter[str] = field(default_factory=Counter[str])
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(TransactionCanceledException=TransactionCanceledException)
    )

    def __post_init__(self) -> None:
        self._held: set[str] = set()
        self._writes: dict[str, Bucket] = {}
        self._reads: dict[str, Bucket] = {}
        self._whole = Bucket(self.table_writes, self.table_writes)

    def transact_write_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> None:  # noqa: N803  boto3's name
        keys = [_key(action) for action in TransactItems]
        self.counted["transactions"] += 1
        reasons = [self._refusal(key, action) for key, action in zip(keys, TransactItems, strict=True)]
        if any(reasons):
            self._count_refused(reasons)
            self._pass(REFUSAL)
            told = [{"Code": "None"} if reason is None else reason for reason in reasons]
            error: Any = {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": told}
            raise TransactionCanceledException(error, "TransactWriteItems")
        self._held.update(keys)
        self._pass(HOLD + HOLD_AN_ITEM * len(keys))
        self._held.difference_update(keys)
        for key, action in zip(keys, TransactItems, strict=True):
            if "Put" in action:
                self.items[key] = dict(action["Put"]["Item"])
                self.committed(key.removeprefix("request#"))
            else:
                self._add(key, action["Update"])

    def _refusal(self, key: str, action: Mapping[str, Any]) -> dict[str, Any] | None:
        if not self._taken(self._writes, key, TRANSACTION_UNITS, ITEM_WRITES):
            return {"Code": "ThrottlingError"}
        self.counted["write units"] += TRANSACTION_UNITS
        if key in self._held:
            return {"Code": "TransactionConflict"}
        if "Put" in action and key in self.items:
            return {"Code": "ConditionalCheckFailed", "Item": self.items[key]}
        return None

    def _count_refused(self, reasons: Sequence[Mapping[str, Any] | None]) -> None:
        codes = {reason["Code"] for reason in reasons if reason}
        if "TransactionConflict" in codes:
            self.counted["conflicts"] += 1
        if "ThrottlingError" in codes:
            self.counted["throttled"] += 1

    def update_item(self, *, Key: Mapping[str, Any], **asked: Any) -> dict[str, Any]:  # noqa: N803  boto3's name
        """That which widens a counter; no other is asked for here."""
        key, wide = Key["id"]["S"], asked["ExpressionAttributeValues"][":wide"]["N"]
        self._single(key, "UpdateItem")
        item = self.items.setdefault(key, {"id": Key["id"]})
        if int(item.get("shards", {"N": "1"})["N"]) >= int(wide):
            raise _refused("ConditionalCheckFailedException", "UpdateItem")
        item["shards"] = {"N": wide}
        item.setdefault("expires", asked["ExpressionAttributeValues"][":expires"])
        self.counted["widened"] += 1
        return {}

    def put_item(self, *, Item: Mapping[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803  boto3's name
        """What a person reads of themselves, unless there is a newer one."""
        key = Item["id"]["S"]
        self._single(key, "PutItem")
        before = self.items.get(key)
        if before and Decimal(before["requests"]["N"]) > Decimal(Item["requests"]["N"]):
            raise _refused("ConditionalCheckFailedException", "PutItem")
        self.items[key] = dict(Item)
        return {}

    def _single(self, key: str, operation: str) -> None:
        for _ in range(ATTEMPTS):
            self._pass(SINGLE)
            if self._taken(self._writes, key, 1, ITEM_WRITES):
                self.counted["write units"] += 1
                break
        else:
            raise _refused("ThrottlingException", operation)
        if key in self._held:
            raise _refused("TransactionConflictException", operation)

    def get_item(self, *, Key: Mapping[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803  boto3's name
        self._pass(SINGLE)
        key = Key["id"]["S"]
        self.counted["read units"] += 1
        if not self._taken(self._reads, key, 1, ITEM_READS):
            raise _refused("ThrottlingException", "GetItem")
        return {"Item": dict(self.items[key])} if key in self.items else {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803  boto3's name
        self._pass(BATCH)
        [(table, asked)] = RequestItems.items()
        found: list[dict[str, Any]] = []
        later: list[dict[str, Any]] = []
        for one in asked["Keys"]:
            key = one["id"]["S"]
            self.counted["read units"] += 1
            if not self._taken(self._reads, key, 1, ITEM_READS):
                later.append(one)
            elif key in self.items:
                found.append(dict(self.items[key]))
        return {"Responses": {table: found}, "UnprocessedKeys": {table: {**asked, "Keys": later}} if later else {}}

    def _taken(self, buckets: dict[str, Bucket], key: str, units: int, rate: float) -> bool:
        """Of the table and of the item's partition. No single request's item is ever hot."""
        now = self.turns.now
        if buckets is self._writes and not self._whole.take(units, now):
            return False
        if key.startswith(("request#", "me#", "user-")):
            return True
        if key not in buckets:
            buckets[key] = Bucket(rate, rate)
        return buckets[key].take(units, now)

    def _add(self, key: str, update: Mapping[str, Any]) -> None:
        item = self.items.setdefault(key, {"id": {"S": key}})
        values = update["ExpressionAttributeValues"]
        for name, field_name in update["ExpressionAttributeNames"].items():
            before = Decimal(item.get(field_name, {"N": "0"})["N"])
            item[field_name] = {"N": format(before + Decimal(values[re.sub("^#", ":", name)]["N"]), "f")}
        item["expires"] = values[":expires"]

    def _pass(self, seconds: float) -> None:
        self.turns.sleep(seconds * self.random.lognormvariate(0, 0.6))


def _key(action: Mapping[str, Any]) -> str:
    return action["Put"]["Item"]["id"]["S"] if "Put" in action else action["Update"]["Key"]["id"]["S"]


def _refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, operation)
