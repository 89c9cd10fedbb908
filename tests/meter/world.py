"""AWS by moto, as the meter sees it, and what CloudWatch delivers to it."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest

from functions import meter
from tests.meter.test_usage import ARN, TABLES

TABLE, LOG, QUEUE = "counters", "/claude-code/pilot/usage", "notices.fifo"
ALICE = "alice.chen@acme.example"
SETTINGS: dict[str, Any] = {
    "table": TABLE,
    "tables": {"roles": TABLES.roles, "teams": TABLES.teams, "prices": TABLES.prices, "foundations": {}},
    "usage_log_stream": "meter",
    "usage_log_groups": {"pilot": LOG, "wave2": "/claude-code/wave2/usage"},
    "notices_queue": QUEUE,
    "levels": {"cohorts": {}, "people": {}},
    "limits": {
        "budgets": {
            "user": {"usd": "50", "alert_usd": "40"},
            "team": {"usd": "500", "alert_usd": "400"},
            "month": {"usd": "12000", "alert_usd": "9600"},
        },
        "addresses": {"user": {ALICE: ALICE}, "team": {"backend": "lead@acme.example"}},
        "link": "https://example.com/dashboard",
        "quota_tokens": 50_000,
        "quota_kinds": ["input", "output", "cache_write"],
        "quota_policies": {},
        "throttled": [],
        "stops": {},
        "raises": {},
    },
}


@contextmanager
def breaking(module: ModuleType, function: str, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Whoever gets to this function of this module stops there."""
    with monkeypatch.context() as broken:
        broken.setattr(module, function, lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            yield


class World:
    """AWS by moto: the table, the dead-letter queue and the usage log."""

    def __init__(self) -> None:
        self.dynamodb: Any = boto3.client("dynamodb")
        self.sqs: Any = boto3.client("sqs")
        self.logs: Any = boto3.client("logs")
        self.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        self.dynamodb.put_item(
            TableName=TABLE, Item={"id": {"S": f"profile#{ARN}"}, "cohort": {"S": "pilot"}, "model": {"S": "sonnet"}}
        )
        self.dead_queue = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.notices = self.sqs.create_queue(QueueName=QUEUE, Attributes={"FifoQueue": "true"})["QueueUrl"]
        self.logs.create_log_group(logGroupName=LOG)

    def counter(self, key: str) -> dict[str, Decimal]:
        item = self.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": key}}).get("Item", {})
        return {name: Decimal(value["N"]) for name, value in item.items() if "N" in value and name != "expires"}

    def lines(self) -> list[dict[str, Any]]:
        found: list[Any] = self.logs.filter_log_events(logGroupName=LOG)["events"]
        return [json.loads(event["message"]) for event in found]

    def dead(self) -> list[dict[str, Any]]:
        """What waits in the dead-letter queue, taken out of it."""
        letters: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.dead_queue, MaxNumberOfMessages=10).get("Messages"):
            letters += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                self.sqs.delete_message(QueueUrl=self.dead_queue, ReceiptHandle=message["ReceiptHandle"])
        return letters


def delivery(*messages: Any) -> dict[str, Any]:
    events = [
        {"id": str(n), "timestamp": 1, "message": message if isinstance(message, str) else json.dumps(message)}
        for n, message in enumerate(messages)
    ]
    told = {"messageType": "DATA_MESSAGE", "logGroup": "g", "logStream": "s", "logEvents": events}
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(told).encode())).decode()}}


def deliver(*messages: Any, by: str = "first") -> dict[str, int]:
    return meter.handler(delivery(*messages), SimpleNamespace(aws_request_id=by))
