"""Takes what members' commit guards have sent from a queue, and writes lines of its own into the findings log.

A message that is no finding, or one too many of a person and day, is dropped with a word in this function's own log. A
finding that could not be written comes again; one that comes twice may be written twice.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.attempts import Attempts
from functions.clients import client
from functions.log_lines import put_lines
from functions.settings import settings
from rollout.leaks.mac_findings import MAX_A_DAY, RefusedError, Sender, finding, sender
from rollout.names import guard_stream

KEPT = timedelta(days=3)

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001
    """A batch of SQS messages; answers which of them are to come again (`ReportBatchItemFailures`)."""
    failed: list[str] = []
    for record in event["Records"]:
        attempts = Attempts()
        with attempts.each():
            _take(record)
        if attempts.failures:
            failed.append(record["messageId"])
    return {"batchItemFailures": [{"itemIdentifier": one} for one in failed]}


def _take(record: Mapping[str, Any]) -> None:
    now = datetime.now(UTC)
    try:
        who = sender(str(record["attributes"]["SenderId"]), settings()["people"])
        line = finding(str(record["body"]), who)
        _require_few(who, now)
    except RefusedError as error:
        log.warning("not written down: %s", error)
        return
    # When it came, not when the message says: CloudWatch Logs takes no time that a member could choose wrongly.
    told = json.dumps({**line, "message": record["messageId"]})
    put_lines(settings()["log_group"], guard_stream(who.cohort), [(now, told)])


def _require_few(who: Sender, now: datetime) -> None:
    """Counts, in the meter's table and under a name that this function alone writes."""
    try:
        client("dynamodb").update_item(
            TableName=settings()["table"],
            Key={"id": {"S": f"findings-day#{who.session.lower()}#{now:%Y-%m-%d}"}},
            UpdateExpression="SET expires = :expires ADD #count :one",
            ConditionExpression="attribute_not_exists(#count) OR #count < :most",
            ExpressionAttributeNames={"#count": "count"},
            ExpressionAttributeValues={
                ":one": {"N": "1"},
                ":most": {"N": str(MAX_A_DAY)},
                ":expires": {"N": str(int((now + KEPT).timestamp()))},
            },
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        raise RefusedError(f"more than {MAX_A_DAY} today of {who.session}") from None
