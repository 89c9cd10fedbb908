"""The announcer: told where a cohort stands, it finds out what changed, and sends each notice once.

`pulumi up` only hands in the cohort's standing, and is answered as soon as a queue has it. All else happens from the
queue, one message at a time per cohort:

    standing  -> compared with the last one in the table; what changed becomes deliveries, each a message of its own
    delivery  -> sent, then marked as sent; tried again where it fails, and after some tries put into the dead-letter
                 queue, where an alarm sees it
    review    -> the reminder of a review, as deliveries
    alert     -> the meter's: spend that comes near a budget, as deliveries
    access    -> who has access, compared with who was told of it; what is new as deliveries
    ends      -> each hour, of a cohort in which somebody's access ends: who is to be told of it, as deliveries

A standing that is handed in twice changes nothing, so an update that was killed can be repeated. What crashes between
sending and marking is sent again: at least once, as anything over a network.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3

from functions import access_notices
from functions.clients import client
from functions.senders import Sender
from functions.settings import settings
from rollout.incidents.cohort_state import Standing, changes
from rollout.notices.access import Access
from rollout.notices.access_ends import Look
from rollout.notices.budgets import alert_deliveries
from rollout.notices.level_changes import Delivery, Settings, deliveries, review_deliveries

# Marks outlive every retry and every redrive: the dead-letter queue keeps a message for 14 days.
MARKS_KEPT = timedelta(days=60)
FIRST_RETRY_SECONDS = 2
MAX_RETRY_SECONDS = 300
# Two of these, before and after, must fit into one item of the table (400 KB).
MAX_INPUT_BYTES = 150_000

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


@cache
def notices() -> Settings:
    return Settings(**settings()["notices"])


@cache
def sender() -> Sender:
    return Sender(where=settings()["aws"], sender=notices().email_from)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if "Records" in event:
        return worked(event["Records"])
    answer = accepted(event, context.aws_request_id)
    if {"review", "ends"} & event.keys() and not answer["accepted"]:
        raise RuntimeError(answer["reason"])  # nobody reads this answer, but Lambda calls again
    return answer


def accepted(event: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Never raises: a notice must not undo a rollback. `pulumi up` says so at its end where this answers false."""
    try:
        kind = next((known for known in ("review", "access", "ends") if known in event), "standing")
        body = json.dumps({kind: event.get(kind, event), "at": datetime.now(UTC).isoformat()})
        if len(body) > MAX_INPUT_BYTES:
            raise ValueError(f"more than {MAX_INPUT_BYTES} bytes")  # noqa: TRY301
        # News of access holds up no change of level: each is in order among its own.
        group = "access" if kind in {"access", "ends"} else "cohort"
        _queue(body, f"{group}-{_cohort_of(kind, event)}", request_id)
    except Exception as error:
        log.exception("not accepted")
        return {"accepted": False, "reason": f"{type(error).__name__}: {error}"[:300]}
    return {"accepted": True}


def _cohort_of(kind: str, event: dict[str, Any]) -> str:
    """Raises where it is none of its kind."""
    if kind == "standing":
        return Standing.read(event).cohort
    if kind == "ends":
        return Look.read(event["ends"]).cohort
    return event["review"]["cohort"] if kind == "review" else Access.read(event["access"]).cohort


def worked(records: list[dict[str, Any]]) -> dict[str, Any]:
    """What failed is tried again, later each time; the queue decides when it has been often enough."""
    failed: list[dict[str, str]] = []
    for record in records:
        try:
            _work(json.loads(record["body"]))
        except Exception as error:
            log.exception("message %s failed: %s", record["messageId"], type(error).__name__)
            _try_later(record)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _work(message: dict[str, Any]) -> None:
    if "delivery" in message:
        _deliver(Delivery(**message["delivery"]))
    elif "review" in message:
        for delivery in review_deliveries(message["review"], notices()):
            _hand_out(delivery)
    elif "alert" in message:
        for delivery in alert_deliveries(message["alert"], notices()):
            _hand_out(delivery)
    elif "access" in message:
        at = datetime.fromisoformat(message["at"])
        access_notices.compare(_table(), message["access"], at, notices(), _hand_out)
    elif "ends" in message:
        access_notices.remind(_table(), message["ends"], notices(), _hand_out)
    else:
        _compare(message["standing"], datetime.fromisoformat(message["at"]))


def _compare(standing: dict[str, Any], at: datetime) -> None:
    """Keep the new standing together with the one before it, until everything that follows from them is handed out."""
    key = f"cohort#{standing['cohort']}"
    item = _table().get_item(Key={"id": key}, ConsistentRead=True).get("Item")
    if item is None:
        access_notices.begin(_table(), standing["cohort"])
    stored: dict[str, Any] = (
        json.loads(item["state"]) if item else {"version": 0, "now": None, "at": at.isoformat(), "handed_out": True}
    )
    if at < datetime.fromisoformat(stored["at"]):
        return  # out of the dead-letter queue: a later standing was compared meanwhile
    if stored["now"] != standing:
        if not stored["handed_out"]:
            _hand_out_all(stored)
        version = stored["version"]
        stored = {
            "version": version + 1,
            "before": stored["now"],
            "now": standing,
            "at": at.isoformat(),
            "handed_out": False,
        }
        _put_state(key, stored, version)
    if not stored["handed_out"]:
        _hand_out_all(stored)
        _put_state(key, {**stored, "handed_out": True}, stored["version"])


def _put_state(key: str, state: dict[str, Any], was: int) -> None:
    """Refused by DynamoDB where another run got ahead."""
    _table().put_item(
        Item={"id": key, "version": state["version"], "state": json.dumps(state)},
        ConditionExpression="attribute_not_exists(id) OR #version = :was",
        ExpressionAttributeNames={"#version": "version"},
        ExpressionAttributeValues={":was": was},
    )


def _hand_out_all(state: dict[str, Any]) -> None:
    before = Standing.read(state["before"]) if state["before"] else None
    at = datetime.fromisoformat(state["at"])
    for change in changes(before, Standing.read(state["now"]), state["version"], at):
        for delivery in deliveries(change, notices()):
            _hand_out(delivery)


def _hand_out(delivery: Delivery) -> None:
    _queue(json.dumps({"delivery": asdict(delivery)}), f"delivery-{delivery.id}", delivery.id)


def _deliver(delivery: Delivery) -> None:
    mark = f"sent#{delivery.id}"
    if "Item" in _table().get_item(Key={"id": mark}, ConsistentRead=True):
        return
    sender().send(delivery)
    expires = datetime.now(UTC) + MARKS_KEPT
    _table().put_item(Item={"id": mark, "expires": int(expires.timestamp())})
    log.info("sent %s by %s: %s", delivery.id, delivery.way, delivery.title)


def _queue(body: str, group: str, deduplication: str) -> None:
    """Messages of one group come one at a time and in order."""
    client("sqs").send_message(
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody=body,
        MessageGroupId=group,
        MessageDeduplicationId=deduplication,
    )


def _try_later(record: dict[str, Any]) -> None:
    """A failure to say so only means that the queue waits its usual time."""
    tries = int(record["attributes"]["ApproximateReceiveCount"])
    try:
        client("sqs").change_message_visibility(
            QueueUrl=os.environ["QUEUE_URL"],
            ReceiptHandle=record["receiptHandle"],
            VisibilityTimeout=min(FIRST_RETRY_SECONDS * 2 ** (tries - 1), MAX_RETRY_SECONDS),
        )
    except Exception:
        log.exception("message %s waits its usual time", record["messageId"])


@cache
def _table() -> Any:
    dynamodb: Any = boto3.resource("dynamodb")
    return dynamodb.Table(settings()["aws"]["table"])
