"""What the meter put aside, handed in to it again: the queue of dead records, message by message."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cli.live.aws import Clients
from rollout import names

# SQS gives ten at most. A message is hidden from others for this long, which is longer than the meter takes for it.
AT_ONCE, HIDDEN_SECONDS = 10, 180


@dataclass(kw_only=True)
class Redriven:
    """`counted` and `repeated`: requests. `unknown`: put aside again, with the same reason or another. `failed`:
    messages that the meter could not take, which stay in the queue. `reasons`: why they had been put aside."""

    counted: int = 0
    repeated: int = 0
    unknown: int = 0
    failed: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])


def waiting(clients: Clients) -> int:
    """About how many there are, as SQS tells."""
    asked = clients("sqs").get_queue_attributes(
        QueueUrl=_queue(clients), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(asked["Attributes"]["ApproximateNumberOfMessages"])


def redrive(clients: Clients, before: datetime, limit: int) -> Redriven:
    """Of what was there `before`; what the meter puts aside again meanwhile is left. Whatever is counted by then is not
    counted twice, so this may be ended and begun anew at any time."""
    done, queue = Redriven(), _queue(clients)
    for message in _messages(clients, queue, before, limit):
        done.reasons[_reason(message["Body"])] += 1
        answer = clients("lambda").invoke(
            FunctionName=names.METER, InvocationType="RequestResponse", Payload=message["Body"].encode()
        )
        said = json.loads(answer["Payload"].read() or b"{}")
        if "FunctionError" in answer or not isinstance(said, dict):
            done.failed += 1
            continue
        done.counted += said.get("Counted", 0)
        done.repeated += said.get("Repeated", 0)
        done.unknown += said.get("Unknown", 0)
        clients("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return done


def _messages(clients: Clients, queue: str, before: datetime, limit: int) -> Iterator[Mapping[str, Any]]:
    taken = 0
    while taken < limit:
        found = (
            clients("sqs")
            .receive_message(
                QueueUrl=queue,
                MaxNumberOfMessages=min(AT_ONCE, limit - taken),
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp"],
            )
            .get("Messages", [])
        )
        old = [one for one in found if int(one["Attributes"]["SentTimestamp"]) < before.timestamp() * 1000]
        for one in found:
            if one not in old:
                clients("sqs").change_message_visibility(
                    QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"], VisibilityTimeout=0
                )
        yield from old
        taken += len(old)
        if not old:
            return


def _queue(clients: Clients) -> str:
    return str(clients("sqs").get_queue_url(QueueName=names.DEAD_RECORDS_QUEUE)["QueueUrl"])


def _reason(body: str) -> str:
    """What the letter says, without what is particular to one record."""
    try:
        letter = json.loads(body)
    except ValueError:
        return "no JSON"
    said = letter.get("reason") if isinstance(letter, dict) else None
    return str(said).partition(":")[0][:60] if said else "a delivery that failed three times"
