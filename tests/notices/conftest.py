"""An announcer with everything it may send to."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import boto3
import pytest

from functions import announcer, senders
from rollout import names
from tests.notices.announcer_world import CHANNEL, KEY, World


@pytest.fixture
def world(moto_aws: None, monkeypatch: pytest.MonkeyPatch) -> Generator[World]:  # noqa: ARG001
    queue = boto3.client("sqs").create_queue(QueueName=names.NOTICES_QUEUE, Attributes={"FifoQueue": "true"})
    boto3.client("dynamodb").create_table(
        TableName=names.NOTICES_TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    boto3.client("logs").create_log_group(logGroupName=names.INCIDENT_LOG_GROUP)
    boto3.client("sesv2").create_email_identity(EmailIdentity="claude@acme.example")
    topics = {
        audience: boto3.client("sns").create_topic(Name=names.topic(audience))["TopicArn"]
        for audience in ("engineering", "security", "leadership")
    }
    for secret, value in ((names.SLACK_SECRET, "xoxb-test"), (names.WEBHOOK_SECRET, f"whsec_{KEY}")):
        boto3.client("secretsmanager").create_secret(Name=secret, SecretString=value)
    boto3.client("scheduler").create_schedule_group(Name=names.REVIEWS)
    settings = {
        "notices": {
            "organization": "acme",
            "throttle_model": "haiku",
            "daily_tokens": 50_000,
            "bot": True,
            "email_from": "claude@acme.example",
            "webhook": "https://tracker.acme.example/hook",
            "channels": {"engineering": CHANNEL},
            "emails": {"engineering": ["engineering@acme.example"]},
        },
        "aws": {
            "table": names.NOTICES_TABLE,
            "topics": topics,
            "incident_log_group": names.INCIDENT_LOG_GROUP,
            "incident_log_stream": names.INCIDENT_LOG_STREAM,
            "slack_secret": names.SLACK_SECRET,
            "webhook_secret": names.WEBHOOK_SECRET,
            "schedule_group": names.REVIEWS,
            "schedule_role": "arn:aws:iam::123456789012:role/reviews",
            "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:announcer",
        },
    }
    made = World(queue_url=queue["QueueUrl"])
    monkeypatch.setenv("QUEUE_URL", made.queue_url)
    caches: list[Any] = [announcer.settings, announcer.notices, announcer.sender, announcer._table]
    for cached in caches:
        cached.cache_clear()
    monkeypatch.setattr(announcer, "settings", lambda: settings)
    monkeypatch.setattr(announcer, "FIRST_RETRY_SECONDS", 0)
    monkeypatch.setattr(senders, "_OPENER", made)
    yield made
    for cached in caches:
        cached.cache_clear()
