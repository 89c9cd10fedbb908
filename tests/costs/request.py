"""What one request costs in work: the meter is run on one record, and what it asks of AWS is counted."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto import mock_aws

from functions import budget_actions, meter, own_usage
from functions.clients import client
from functions.counting import shards
from tests.meter.test_usage import RECORD
from tests.meter.world import SETTINGS, World, delivery

# CloudWatch Logs API reference, PutLogEvents: each event counts 26 bytes more than it has.
EVENT_BYTES = 26
# A transaction writes each item twice (DynamoDB developer guide, read and write capacity).
UNITS_PER_ITEM = 2
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """Of one record that is delivered alone. `mark_bytes`: of what is kept so that nothing counts twice."""

    record_bytes: int
    line_bytes: int
    meter_bytes: int
    writes: int
    reads: int
    mark_bytes: int
    own_metrics: int


def measured() -> Request:
    with mock_aws(), patch.dict(os.environ, ENVIRONMENT), patch.object(meter, "settings", lambda: SETTINGS):
        client.cache_clear()
        budget_actions._queue_url.cache_clear()
        meter.profiles.cache_clear()
        shards.memory.cache_clear()
        own_usage._role_id.cache_clear()
        try:
            return _measured(World())
        finally:
            client.cache_clear()


def _measured(world: World) -> Request:
    os.environ["DEAD_QUEUE_URL"] = world.dead_queue
    client("iam").create_role(RoleName="claude-code-pilot", AssumeRolePolicyDocument="{}")
    _run("first")  # the profile is looked up once per process
    asked, units = _watched(), Counter[str]()
    said = _run("second")
    for operation, parameters in asked:
        units[operation] += _items(operation, parameters)
    [mark] = [
        item["Put"]["Item"]
        for operation, parameters in asked
        if operation == "TransactWriteItems"
        for item in parameters["TransactItems"]
        if "Put" in item
    ]
    return Request(
        record_bytes=_bytes(RECORD),
        line_bytes=_bytes(world.lines()[-1]),
        meter_bytes=_bytes(said),
        writes=units["TransactWriteItems"] * UNITS_PER_ITEM + units["PutItem"] + units["UpdateItem"],
        reads=units["BatchGetItem"] + units["GetItem"],
        mark_bytes=len(json.dumps(mark)),
        own_metrics=sum(len(each["Metrics"]) for each in said["_aws"]["CloudWatchMetrics"]),
    )


def _run(number: str) -> dict[str, Any]:
    """What the meter prints of itself, with a delay that is always the same."""
    printed = io.StringIO()
    record = {**RECORD, "requestId": number, "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
    with contextlib.redirect_stdout(printed):
        meter.handler(delivery(record), SimpleNamespace(aws_request_id=number))
    return {**json.loads(printed.getvalue()), "LagSeconds": 10.0}


def _watched() -> list[tuple[str, Any]]:
    """Operations that DynamoDB is asked for from now on, each with what it is told."""
    asked: list[tuple[str, Any]] = []

    def note(params: Any, model: Any, **_: Any) -> None:
        asked.append((model.name, params))

    client("dynamodb").meta.events.register("provide-client-params.dynamodb", note)
    return asked


def _items(operation: str, parameters: Any) -> int:
    if operation == "TransactWriteItems":
        return len(parameters["TransactItems"])
    if operation == "BatchGetItem":
        return sum(len(table["Keys"]) for table in parameters["RequestItems"].values())
    return 1


def _bytes(document: Any) -> int:
    return len(json.dumps(document).encode()) + EVENT_BYTES
