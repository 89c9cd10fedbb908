"""What follows from a counter: somebody is told of spend once per period, and stopped once their tokens are used up.

All of it may be repeated, and may run twice at the same time. An alert goes into a queue that drops a repetition, then
its counter is marked. Who is stopped is a set in the table that only grows within a day; whoever has written the IAM
policy reads the set again afterwards, so the last one to write has seen everybody.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from functions.attempts import Attempts
from functions.clients import client
from rollout.limits import Limits, alert, midnight, over_quota, quota_document, watched
from rollout.standing import digest

# Of one BatchGetItem.
KEYS_AT_ONCE = 100
TRIES = 10
# IAM keeps five versions of a policy.
VERSIONS = 5
SETS_KEPT = timedelta(days=3)

log = logging.getLogger(__name__)
log.setLevel(logging.INFO)


def follow_up(keys: Iterable[str], table: str, notices_queue: str, limits: Limits, attempts: Attempts) -> None:
    """`keys`: of the counters that were added to. What fails for one of them is left to `attempts`."""
    now = _now()
    with attempts.each():
        for key, item in _read(sorted(filter(watched, set(keys))), table):
            counted = {name: Decimal(value["N"]) for name, value in item.items() if "N" in value}
            if found := over_quota(key, counted, limits, now):
                with attempts.each():
                    session, policy = found
                    stop(session, policy, table, now, limits.quota_sessions(policy))
            if "told" not in item and (said := alert(key, counted, limits)):
                with attempts.each():
                    _tell(said.message(), said.id, notices_queue)
                    _mark(key, table, now)


def _read(keys: Sequence[str], table: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        wanted = {table: {"Keys": [{"id": {"S": key}} for key in keys[start : start + KEYS_AT_ONCE]]}}
        wanted[table]["ConsistentRead"] = True  # pyright: ignore[reportArgumentType]
        for _ in range(TRIES):
            answer = client("dynamodb").batch_get_item(RequestItems=wanted)
            for item in answer["Responses"].get(table, ()):
                yield item["id"]["S"], item
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                break
        else:
            raise TimeoutError("DynamoDB did not give the counters")


def _tell(message: Mapping[str, Any], alert_id: str, queue: str) -> None:
    client("sqs").send_message(
        QueueUrl=_queue_url(queue),
        MessageBody=json.dumps(message),
        MessageGroupId=f"alert-{digest(alert_id)}",
        MessageDeduplicationId=digest("alert", alert_id),
    )


@cache
def _queue_url(name: str) -> str:
    return client("sqs").get_queue_url(QueueName=name)["QueueUrl"]


def _mark(key: str, table: str, now: datetime) -> None:
    client("dynamodb").update_item(
        TableName=table,
        Key={"id": {"S": key}},
        UpdateExpression="SET told = :now",
        ExpressionAttributeValues={":now": {"S": now.isoformat()}},
    )


def stop(session: str, policy: str, table: str, now: datetime, throttled: Collection[str]) -> None:
    """Deny this session's holder until the day is over. A policy that is gone went with its level.

    `throttled`: whom this policy may stop, in lower case. Who has left it since they were stopped is let go.
    """
    _add(session, policy, table, now)
    for _ in range(TRIES):
        now = _now()  # the day may have ended meanwhile: whoever writes last has looked at the set of the new one
        stopped = _stopped(policy, table, now)
        if not stopped:
            return
        wanted = quota_document(sorted(one for one in stopped if one.lower() in throttled), midnight(now))
        try:
            if _in_force(policy) == wanted:
                return
            log.info("stopped until %s: %s", f"{midnight(now):%Y-%m-%dT%H:%MZ}", ", ".join(sorted(stopped)))
            _put_in_force(policy, wanted)
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "NoSuchEntity":
                    return
                case "LimitExceeded" if "PolicySize" in error.response["Error"].get("Message", ""):
                    raise  # no other try makes it smaller
                case "LimitExceeded" | "ConcurrentModification":  # somebody else is at it; look again
                    continue
                case _:
                    raise
    raise TimeoutError(f"{policy} was changed by others {TRIES} times")


def _key(policy: str, now: datetime) -> dict[str, Any]:
    return {"id": {"S": f"stopped#{policy}#{now:%Y-%m-%d}"}}


def _now() -> datetime:
    return datetime.now(UTC)


def _add(session: str, policy: str, table: str, now: datetime) -> None:
    client("dynamodb").update_item(
        TableName=table,
        Key=_key(policy, now),
        UpdateExpression="SET expires = :expires ADD sessions :session",
        ExpressionAttributeValues={
            ":expires": {"N": str(int((now + SETS_KEPT).timestamp()))},
            ":session": {"SS": [session]},
        },
    )


def _stopped(policy: str, table: str, now: datetime) -> set[str]:
    item = client("dynamodb").get_item(TableName=table, Key=_key(policy, now), ConsistentRead=True).get("Item")
    return set(item["sessions"]["SS"]) if item else set()


def _in_force(policy: str) -> Any:
    version = client("iam").get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    return client("iam").get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]["Document"]


def _put_in_force(policy: str, document: Mapping[str, Any]) -> None:
    versions = client("iam").list_policy_versions(PolicyArn=policy)["Versions"]
    if len(versions) >= VERSIONS:
        old = [version for version in versions if not version["IsDefaultVersion"]]
        oldest = min(old, key=lambda version: version["CreateDate"])
        client("iam").delete_policy_version(PolicyArn=policy, VersionId=oldest["VersionId"])
    client("iam").create_policy_version(
        PolicyArn=policy, PolicyDocument=json.dumps(document, separators=(",", ":")), SetAsDefault=True
    )
