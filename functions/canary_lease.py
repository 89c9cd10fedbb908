"""One proof at a time: a lease in the meter's table, with what its holder would leave behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from functions.clients import client
from rollout.usage import canary

# Longer than Lambda lets a proof run, so that whoever finds it over finds nobody at work.
LEASE = timedelta(seconds=90)
# Of a wait for another proof.
PATIENCE = 15.0

Seen = TypeVar("Seen")


@contextmanager
def alone(table: str, run: str) -> Generator[str | None]:
    """One proof at a time. The counter that the one before has left, empty where none; None where another is under way
    for longer than there is patience."""
    left = until(time.monotonic() + PATIENCE, lambda: _take(table, run), lambda left: left is not None)
    try:
        yield left
    finally:
        if left is not None:
            _update(table, run, "REMOVE #until", names={"#until": "until"})


def _take(table: str, run: str) -> str | None:
    now = datetime.now(UTC)
    try:
        was = client("dynamodb").update_item(
            TableName=table,
            Key={"id": {"S": canary.LEASE}},
            UpdateExpression="SET #until = :until, #by = :by",
            ConditionExpression="attribute_not_exists(#until) OR #until < :now",
            ExpressionAttributeNames={"#until": "until", "#by": "by"},
            ExpressionAttributeValues={":until": _number(now + LEASE), ":now": _number(now), ":by": {"S": run}},
            ReturnValues="ALL_OLD",
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return None
    return (was.get("Attributes") or {}).get("counter", {}).get("S", "")


def remember(table: str, run: str, counter: str) -> None:
    """What is to be taken away, should this proof be killed."""
    _update(table, run, "SET #counter = :counter", {":counter": {"S": counter}}, {"#counter": "counter"})


def _update(
    table: str, run: str, what: str, values: Mapping[str, Any] | None = None, names: Mapping[str, str] | None = None
) -> None:
    client("dynamodb").update_item(
        TableName=table,
        Key={"id": {"S": canary.LEASE}},
        UpdateExpression=what,
        ConditionExpression="#by = :by",
        ExpressionAttributeNames={"#by": "by", **(names or {})},
        ExpressionAttributeValues={":by": {"S": run}, **(values or {})},
    )


def _number(at: datetime) -> dict[str, str]:
    return {"N": f"{at.timestamp():.3f}"}


def until(end: float, look: Callable[[], Seen], is_enough: Callable[[Seen], bool]) -> Seen:
    """What was seen last: looked at again, ever less often, until it is enough or time is over."""
    pause = 0.1
    while not is_enough(found := look()) and time.monotonic() + pause < end:
        time.sleep(pause)
        pause = min(2 * pause, 2.0)
    return found
