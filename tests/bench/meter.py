"""How many records a second the meter counts: in this one process, writing to the sandbox's DynamoDB and logs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from functions import meter
from functions.clients import client
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.stack_file.load import load
from rollout.usage.meter_input import meter_settings
from sandbox.settings import ACCOUNT_ID, REGION
from tests import stacks
from tests.bench.before import before, write_units
from tests.engine.world import World
from tests.meter.world import delivery
from tests.traffic import day

RECORDS, SIZES = 400, (1, 10, 20)
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "sandbox", "AWS_SECRET_ACCESS_KEY": "sandbox", "AWS_DEFAULT_REGION": REGION}


@dataclass(frozen=True, kw_only=True)
class Rate:
    """`before`: of the meter that wrote each counter once for sixteen requests, and one more a cohort."""

    records_a_second: float
    write_units: float
    records_a_second_before: float
    write_units_before: float


def rates(world: World) -> tuple[dict[int, Rate], float]:
    """By how many records come in one delivery; and records a second of one bare write each, which counts nothing."""
    rollout = load(stacks.committed("sandbox"), stacks.COMPANY, datetime.now(UTC))
    settings = meter_settings(rollout, Account(ACCOUNT_ID, REGION), Record())
    queue = world.aws("sqs").get_queue_url(QueueName="claude-code-records-dead")["QueueUrl"]
    variables = {**ENVIRONMENT, "AWS_ENDPOINT_URL": world.settings.aws_url, "DEAD_QUEUE_URL": queue, "NO_PROXY": "*"}
    client.cache_clear()
    with patch.dict(os.environ, variables), patch.object(meter, "settings", lambda: settings):
        found = {size: _both(world, size) for size in SIZES}
        bare = _rate(_write, _records(world))
    client.cache_clear()
    return found, bare


def _both(world: World, size: int) -> Rate:
    with before():
        was = _measured(world, size)
    now = _measured(world, size)
    return Rate(
        records_a_second=now[0],
        write_units=now[1],
        records_a_second_before=was[0],
        write_units_before=was[1],
    )


def _measured(world: World, size: int) -> tuple[float, float]:
    with write_units(client("dynamodb")) as units:
        rate = _rate(lambda records: _count(records, size), _records(world))
    return rate, sum(units) / RECORDS


def _records(world: World) -> list[dict[str, Any]]:
    people, _ = day.of_the_sandbox()
    profiles = world.cohorts()["pilot"]["profile_arns"]
    return [
        {
            "schemaType": "ModelInvocationLog",
            "timestamp": datetime.now(UTC).isoformat(),
            "requestId": str(uuid.uuid4()),
            "identity": {"arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/claude-code-pilot/{request.user}"},
            "modelId": profiles[request.model],
            "input": {
                "inputTokenCount": request.tokens["input"],
                "cacheReadInputTokenCount": request.tokens["cache_read"],
                "cacheWriteInputTokenCount": request.tokens["cache_write"],
            },
            "output": {"outputTokenCount": request.tokens["output"]},
        }
        for request in day.plan(people, 2 * RECORDS // len(people), 7)[:RECORDS]
    ]


def _rate(work: Callable[[list[dict[str, Any]]], None], records: list[dict[str, Any]]) -> float:
    began = time.perf_counter()
    work(records)
    return len(records) / (time.perf_counter() - began)


def _count(records: list[dict[str, Any]], size: int) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        for start in range(0, len(records), size):
            meter.handler(delivery(*records[start : start + size]), SimpleNamespace(aws_request_id=str(uuid.uuid4())))


def _write(records: list[dict[str, Any]]) -> None:
    for record in records:
        item = {"id": {"S": f"bare#{record['requestId']}"}, "record": {"S": json.dumps(record)}}
        client("dynamodb").put_item(TableName="claude-code-usage", Item=item)
