"""Adds requests to the counters of the usage table, each request once.

CloudWatch Logs delivers a record at least once, and Lambda may call this again with the same delivery, or twice at the
same time. Each request id is a mark in the table, written in one transaction with the counters it adds to: either both
are there or neither. A mark names the invocation that made it, which Lambda keeps over its retries. So a retry knows
what it has counted already, and may not have logged yet, from what somebody else has done with.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from functions.clients import client
from functions.counting.shards import item_key, spread

# Longer than the dead-letter queue keeps a record: what is counted late is not counted twice.
MARKS_KEPT = timedelta(days=30)
COUNTERS_KEPT = timedelta(days=400)
# Of one transaction: a mark for each request, and a sum for each counter (DynamoDB API reference, TransactWriteItems).
ACTIONS_AT_ONCE = 100
CONFLICT_TRIES = 10


@dataclass(kw_only=True)
class Entry:
    """One request to be counted. `line`: what its cohort's usage log gets; none for use outside the cohorts. `doubt`:
    why its price may be another, `event`: where that is to be looked up."""

    request_id: str
    at: datetime
    adds: Mapping[str, Mapping[str, Decimal]]
    cohort: str | None = None
    line: Mapping[str, Any] = field(default_factory=dict)
    doubt: str | None = None
    event: Mapping[str, Any] = field(default_factory=dict)


def chunks(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """As few transactions as there can be in this order: a counter that several requests add to is written once."""
    chunk: list[Entry] = []
    keys: set[str] = set()
    for entry in entries:
        more = keys | entry.adds.keys()
        if chunk and len(chunk) + 1 + len(more) > ACTIONS_AT_ONCE:
            yield chunk
            chunk, more = [], set(entry.adds)
        chunk.append(entry)
        keys = more
    if chunk:
        yield chunk


def count(entries: Sequence[Entry], invocation: str, table: str) -> list[Entry]:
    """Adds to the counters of `table`. Gives those that this invocation has counted, now or in an earlier try of its
    own; others have counted the rest."""
    own: list[Entry] = []
    waiting = list(entries)
    met = Counter[str]()
    for attempt in range(CONFLICT_TRIES):
        if not waiting:
            return own
        actions = _actions(waiting, invocation, table)
        try:
            client("dynamodb").transact_write_items(TransactItems=actions)
        except client("dynamodb").exceptions.TransactionCanceledException as error:
            reasons = error.response.get("CancellationReasons") or []
            known = [reason.get("Code") == "ConditionalCheckFailed" for reason in reasons[: len(waiting)]]
            if not any(known):
                _require_passing(reasons)
                _spread(actions[len(waiting) :], reasons[len(waiting) :], met, table)
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311
                continue
            for entry, reason, is_known in zip(waiting, reasons, known, strict=False):
                if is_known and (reason.get("Item") or {}).get("by", {}).get("S") == invocation:
                    own.append(entry)
            waiting = [entry for entry, is_known in zip(waiting, known, strict=False) if not is_known]
        else:
            return own + waiting
    raise TimeoutError(f"the counters were busy {CONFLICT_TRIES} times")


def _require_passing(reasons: Sequence[Mapping[str, Any]]) -> None:
    """Two invocations at the same counter are a matter of time; anything else is not."""
    lasting = {reason.get("Code") for reason in reasons} - {
        *("None", None, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
    }
    if lasting:
        raise RuntimeError(f"DynamoDB refused: {', '.join(sorted(map(str, lasting)))}")


def _spread(
    sums: Sequence[Mapping[str, Any]], reasons: Sequence[Mapping[str, Any]], met: Counter[str], table: str
) -> None:
    busy = [
        action["Update"]["Key"]["id"]["S"]
        for action, reason in zip(sums, reasons, strict=False)
        if reason.get("Code") == "TransactionConflict"
    ]
    spread(busy, met, table, int((datetime.now(UTC) + COUNTERS_KEPT).timestamp()))


def _actions(entries: Sequence[Entry], invocation: str, table: str) -> list[dict[str, Any]]:
    """First a mark per request, then a sum per counter."""
    now = datetime.now(UTC)
    marks = [
        {
            "Put": {
                "TableName": table,
                "Item": {
                    "id": {"S": mark_key(entry.request_id)},
                    "by": {"S": invocation},
                    "expires": {"N": str(int((now + MARKS_KEPT).timestamp()))},
                },
                "ConditionExpression": "attribute_not_exists(id)",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        for entry in entries
    ]
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        for key, amounts in entry.adds.items():
            for name, amount in amounts.items():
                sums[key][name] += amount  # pyright: ignore[reportArgumentType]
    return [*marks, *(_add(item_key(key), amounts, now, table) for key, amounts in sums.items())]


def _add(key: str, amounts: Mapping[str, Any], now: datetime, table: str) -> dict[str, Any]:
    numbers = {f":{name}": {"N": format(Decimal(amount), "f")} for name, amount in amounts.items()}
    added = ", ".join(f"#{name} :{name}" for name in amounts)
    return {
        "Update": {
            "TableName": table,
            "Key": {"id": {"S": key}},
            "UpdateExpression": f"SET expires = :expires ADD {added}",
            "ExpressionAttributeNames": {f"#{name}": name for name in amounts},
            "ExpressionAttributeValues": {
                **numbers,
                ":expires": {"N": str(int((now + COUNTERS_KEPT).timestamp()))},
            },
        }
    }


def mark_key(request_id: str) -> str:
    return f"request#{request_id}"
