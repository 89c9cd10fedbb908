"""Queues are encrypted. Tables, log groups, secrets and functions always are, whatever we say; topics keep nothing, and
alarms could not publish to one under AWS's own key for SNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.resources import Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity

QUEUE: Final = "aws:sqs/queue:Queue"


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.props.get("sqsManagedSseEnabled") is not True and not resource.props.get("kmsMasterKeyId"):
        yield Breach("messages are not said to be encrypted: sqs_managed_sse_enabled is not true, and there is no key")


RULE = ResourceRule(
    name="encrypted-at-rest",
    severity=Severity.HIGH,
    description="Queues encrypt what waits in them; the other services in use always do.",
    remediation="Set sqs_managed_sse_enabled=True, or kms_master_key_id.",
    url="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html",
    types={QUEUE},
    judge=judge,
)
