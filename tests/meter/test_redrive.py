"""`rollout redrive`: what was put aside is handed in again, once each, and nothing is counted twice."""

from __future__ import annotations

import io
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from cli.live.dead_records import Redriven, redrive, waiting
from functions import meter
from rollout import names
from tests.meter.test_usage import ARN, record
from tests.meter.world import World, delivery

LATER = ARN.rpartition("/")[0] + "/later1234567"


class Meter:
    """Lambda, as far as this command asks it."""

    def __init__(self, queue: str) -> None:
        self.queue, self.is_broken = queue, False

    def invoke(self, **given: Any) -> dict[str, Any]:
        payload: bytes = given.pop("Payload")
        assert given == {"FunctionName": names.METER, "InvocationType": "RequestResponse"}
        if self.is_broken:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(b'{"errorMessage": "no"}')}
        said = meter.handler(json.loads(payload), SimpleNamespace(aws_request_id=f"by {payload[:60]!r}"))
        return {"Payload": io.BytesIO(json.dumps(said).encode())}


class Queued:
    """The world with its dead letters in the queue that the command knows."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.url = world.sqs.create_queue(QueueName=names.DEAD_RECORDS_QUEUE)["QueueUrl"]
        monkeypatch.setenv("DEAD_QUEUE_URL", self.url)
        self.meter = Meter(self.url)

    def __call__(self, service: str) -> Any:
        return self.meter if service == "lambda" else boto3.client(service)

    def put_aside(self, *messages: Any) -> None:
        meter.handler(delivery(*messages), SimpleNamespace(aws_request_id="first"))

    def redriven(self, limit: int = 100) -> Redriven:
        return redrive(self, datetime.now(UTC) + timedelta(milliseconds=1), limit)


@pytest.fixture
def queued(world: World, monkeypatch: pytest.MonkeyPatch) -> Queued:
    return Queued(world, monkeypatch)


def test_a_record_whose_cause_is_mended_is_counted_and_leaves_the_queue(queued: Queued) -> None:
    broken = record(requestId="r-7", identity={"arn": "arn:aws:sts::123456789012:assumed-role/claude-code-pilot/a b"})
    queued.put_aside(broken)
    [letter] = queued.world.sqs.receive_message(QueueUrl=queued.url, VisibilityTimeout=0)["Messages"]
    mended = {**json.loads(letter["Body"]), "message": json.dumps(record(requestId="r-7"))}
    queued.world.sqs.purge_queue(QueueUrl=queued.url)
    queued.world.sqs.send_message(QueueUrl=queued.url, MessageBody=json.dumps(mended))
    assert queued.redriven() == Redriven(counted=1, reasons=Counter({"identity.arn": 1}))
    assert (waiting(queued), queued.world.counter("month#2026-11")["requests"]) == (0, 1)


def test_what_still_cannot_be_counted_is_put_aside_again_and_tried_once_a_command(queued: Queued) -> None:
    queued.put_aside("{", "[1]")
    assert queued.redriven() == Redriven(unknown=2, reasons=Counter({"no JSON": 1, "no JSON object": 1}))
    assert waiting(queued) == 2


def test_what_was_counted_at_a_doubtful_price_is_not_put_aside_a_second_time(queued: Queued) -> None:
    queued.put_aside(record(modelId=LATER))
    assert queued.redriven() == Redriven(repeated=1, reasons=Counter({"model": 1}))
    assert (waiting(queued), queued.world.counter("month#2026-11")["requests"]) == (0, 1)


def test_a_meter_that_fails_loses_nothing(queued: Queued) -> None:
    queued.put_aside("{")
    queued.meter.is_broken = True
    assert queued.redriven().failed == 1
    hidden = queued.world.sqs.get_queue_attributes(QueueUrl=queued.url, AttributeNames=["All"])["Attributes"]
    assert hidden["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_a_limit_is_kept(queued: Queued) -> None:
    queued.put_aside(*("{" for _ in range(25)))
    assert queued.redriven(limit=12).unknown == 12
