"""The announcer's AWS by moto, with Slack and a tracker that keep what they are sent."""

from __future__ import annotations

import base64
import io
import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from email.message import Message
from types import SimpleNamespace
from typing import Any

import boto3

from functions import announcer
from rollout import names
from tests.notices.test_changes import INCIDENT, PEOPLE

KEY = base64.b64encode(b"k" * 32).decode()
CONTEXT = SimpleNamespace(aws_request_id="first")
CHANNEL = "C0ENG"


@dataclass
class World:
    """AWS by moto, Slack and the tracker by a fake opener. `down`: hosts or methods that fail."""

    queue_url: str
    posts: list[tuple[str, Any, dict[str, str]]] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    not_in_slack: set[str] = field(default_factory=set)
    too_many: list[str] = field(default_factory=list)

    def open(self, request: urllib.request.Request, timeout: float) -> Any:  # noqa: ARG002
        url = request.full_url
        if any(part in url for part in self.down):
            raise urllib.error.HTTPError(url, 503, "down", Message(), io.BytesIO())
        if self.too_many and "users.lookupByEmail" in url:
            wait = Message()
            wait["Retry-After"] = self.too_many.pop()
            raise urllib.error.HTTPError(url, 429, "too many", wait, io.BytesIO())
        body = request.data
        headers = {key.lower(): value for key, value in request.header_items()}
        if "users.lookupByEmail" in url and any(who in urllib.parse.unquote(url) for who in self.not_in_slack):
            return io.BytesIO(b'{"ok": false, "error": "users_not_found"}')
        if "users.lookupByEmail" in url:
            return io.BytesIO(json.dumps({"ok": True, "user": {"id": "U" + url.rpartition("=")[2]}}).encode())
        assert isinstance(body, bytes)
        self.posts.append((url, body, headers))
        return io.BytesIO(b'{"ok": true}')

    def hand_in(self, standing: dict[str, Any], request_id: str) -> dict[str, Any]:
        return announcer.handler(standing, SimpleNamespace(aws_request_id=request_id))

    def run(self, rounds: int = 200) -> int:
        """Work the queue as Lambda does, until it gives nothing more; how many messages failed."""
        sqs, failures = boto3.client("sqs"), 0
        for _ in range(rounds):
            messages = sqs.receive_message(
                QueueUrl=self.queue_url, MaxNumberOfMessages=1, AttributeNames=["ApproximateReceiveCount"]
            ).get("Messages", [])
            if not messages:
                break
            for message in messages:
                record = {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                }
                try:
                    failed = announcer.handler({"Records": [record]}, CONTEXT)["batchItemFailures"]
                except KeyboardInterrupt:  # a crash: the message comes back when its time is over
                    sqs.change_message_visibility(
                        QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                    )
                    raise
                failures += len(failed)
                if not failed:
                    sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return failures

    def slack(self) -> list[dict[str, Any]]:
        return [json.loads(body) for url, body, _ in self.posts if "chat.postMessage" in url]

    def webhooks(self) -> list[tuple[bytes, dict[str, str]]]:
        return [(body, headers) for url, body, headers in self.posts if "tracker" in url]

    def log(self) -> list[dict[str, Any]]:
        events = boto3.client("logs").get_log_events(
            logGroupName=names.INCIDENT_LOG_GROUP, logStreamName=names.INCIDENT_LOG_STREAM
        )["events"]
        return [json.loads(event["message"]) for event in events]


def standing(level: str) -> dict[str, Any]:
    above = {"incident": INCIDENT, "members": PEOPLE} if level != "active" else {"members": {}}
    return {"cohort": "pilot", "level": level, **above}
