"""The meter as it was at commit 5c4f83b: sixteen requests a transaction, and a counter for each cohort and day."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from functions import meter
from rollout.usage.records import Usage, counters

REQUESTS_AT_ONCE = 16
# A transaction writes each item twice (DynamoDB developer guide, read and write capacity).
TRANSACTION_UNITS = 2


@contextmanager
def before() -> Generator[None]:
    with patch.object(meter, "chunks", _chunks), patch.object(meter, "counters", _counters):
        yield


def _chunks(entries: Sequence[meter.Entry]) -> Iterator[Sequence[meter.Entry]]:
    for start in range(0, len(entries), REQUESTS_AT_ONCE):
        yield entries[start : start + REQUESTS_AT_ONCE]


def _counters(found: Usage) -> Iterator[str]:
    yield from counters(found)
    yield f"cohort-day#{found.cohort}#{found.day}"


@contextmanager
def write_units(dynamodb: Any) -> Generator[list[int]]:
    """What the table is asked to write meanwhile, one number a call; items are of less than a kilobyte."""
    asked: list[int] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems":
            asked.append(TRANSACTION_UNITS * len(params["TransactItems"]))
        elif model.name in {"PutItem", "UpdateItem"}:
            asked.append(1)

    dynamodb.meta.events.register("provide-client-params.dynamodb", note)
    try:
        yield asked
    finally:
        dynamodb.meta.events.unregister("provide-client-params.dynamodb", note)
