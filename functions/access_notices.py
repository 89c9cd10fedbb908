"""What the announcer remembers of who was told that they have access.

A cohort without that memory is either new, and the announcer has never heard of it, or it was deployed by a version
that told nobody: then its people have had access for a while, and the first news is only remembered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from rollout.notices.access import Access, Told, access_deliveries, after, baseline
from rollout.notices.access_ends import Look, know, news, reminders
from rollout.notices.level_changes import Delivery, Settings


def begin(table: Any, cohort: str) -> None:
    """Of a cohort that the announcer hears of for the first time: nobody was told yet."""
    item = _item(cohort, Told(), datetime.fromtimestamp(0, UTC).isoformat())
    try:
        table.put_item(Item=item, ConditionExpression="attribute_not_exists(id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise


def compare(
    table: Any, event: dict[str, Any], at: datetime, settings: Settings, hand_out: Callable[[Delivery], None]
) -> None:
    """Hand out what is new, then remember it. Killed in between it hands out the same again, under the same ids."""
    access = Access.read(event)
    key = _key(access.cohort)
    found = _got(table, key)
    if found is None:
        if _got(table, f"cohort#{access.cohort}") is not None:
            _remember(table, access.cohort, baseline(access), at, None)
            return
        begin(table, access.cohort)  # the cohort's first level, heard of at the same moment, does it as well
        found = _got(table, key)
        assert found is not None  # noqa: S101  it has just begun
    if at < datetime.fromisoformat(found["at"]):
        return  # out of the dead-letter queue: later news was compared meanwhile
    before = Told.read(json.loads(found["state"]))
    now = datetime.now(UTC)
    for delivery in (*access_deliveries(before, access, settings), *news(before, access, settings, now)):
        hand_out(delivery)
    _remember(table, access.cohort, know(after(before, access), now), at, before.version)


def remind(table: Any, event: dict[str, Any], settings: Settings, hand_out: Callable[[Delivery], None]) -> None:
    """Look whose access ends in three days. A cohort that nothing is remembered of has nobody to tell."""
    look = Look.read(event)
    found = _got(table, _key(look.cohort))
    if found is None:
        return
    told = Told.read(json.loads(found["state"]))
    due, then = reminders(told, look, settings, datetime.now(UTC))
    for delivery in due:
        hand_out(delivery)
    if due:
        _remember(table, look.cohort, then, datetime.fromisoformat(found["at"]), told.version)


def _got(table: Any, key: str) -> dict[str, Any] | None:
    return table.get_item(Key={"id": key}, ConsistentRead=True).get("Item")


def _remember(table: Any, cohort: str, told: Told, at: datetime, was: int | None) -> None:
    """Refused by DynamoDB where another run got ahead."""
    put: dict[str, Any] = {"Item": _item(cohort, told, at.isoformat())}
    if was is None:
        table.put_item(**put, ConditionExpression="attribute_not_exists(id)")
        return
    table.put_item(
        **put,
        ConditionExpression="#version = :was",
        ExpressionAttributeNames={"#version": "version"},
        ExpressionAttributeValues={":was": was},
    )


def _item(cohort: str, told: Told, at: str) -> dict[str, Any]:
    return {"id": _key(cohort), "version": told.version, "at": at, "state": json.dumps(told.document())}


def _key(cohort: str) -> str:
    return f"access#{cohort}"
