"""What Bedrock leaves behind of an invocation: a record in the log group, and metrics.

Not delivered: to S3, be it a whole record or a body too large for CloudWatch Logs.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from moto.bedrock.models import bedrock_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.utils import utcnow
from moto.logs.models import logs_backends

from sandbox.aws import invocation_logging
from sandbox.aws.models.prompts import FIRST_BYTE_MS, Reply, Usage

NAMESPACE = "AWS/Bedrock"
ALL_MODELS = "Across all model IDs"
# What the log group takes of a body; more of it would go to S3.
BODY_CHARACTERS = 100_000
_STREAM_LOCK = Lock()


@dataclass(frozen=True, kw_only=True)
class Place:
    account: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """`model_id` as the caller gave it; `output` and `reply` are missing where the model was not asked."""

    place: Place
    at: datetime
    request_id: str
    caller_arn: str
    operation: str
    model_id: str
    through_profile: bool
    input: Any
    output: Any = None
    reply: Reply | None = None
    error: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def is_streamed(self) -> bool:
        return "Stream" in self.operation


def _kept(body: Any, is_text_kept: bool) -> Any:
    return body if is_text_kept and len(json.dumps(body)) <= BODY_CHARACTERS else None


def _without_nulls(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def _details(usage: Usage) -> list[dict[str, Any]] | None:
    """Where an entry of an hour was asked for (Bedrock API reference, CacheDetail)."""
    if not usage.cache_write_1h:
        return None
    return [{"ttl": ttl, "inputTokens": tokens} for ttl, tokens in usage.by_ttl.items()]


def record(made: Invocation, is_text_kept: bool) -> dict[str, Any]:
    """One `ModelInvocationLog` event (Bedrock user guide, "Model invocation logging")."""
    usage = made.reply.usage if made.reply else None
    given = {"inputContentType": "application/json", "inputBodyJson": _kept(made.input, is_text_kept)}
    answered = {"outputContentType": "application/json", "outputBodyJson": _kept(made.output, is_text_kept)}
    if usage:
        given |= {
            "inputTokenCount": usage.input,
            "cacheReadInputTokenCount": usage.cache_read,
            "cacheWriteInputTokenCount": usage.cache_write,
            "cacheDetails": _details(usage),
        }
        answered |= {"outputTokenCount": usage.output}
    return _without_nulls(
        {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": made.at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "accountId": made.place.account,
            "identity": {"arn": made.caller_arn},
            "region": made.place.region,
            "requestId": made.request_id,
            "operation": made.operation,
            "modelId": made.model_id,
            "errorCode": made.error,
            "inferenceRegion": made.place.region if made.through_profile else None,
            "input": _without_nulls(given),
            "output": _without_nulls(answered) if usage else None,
            "requestMetadata": made.metadata,
        }
    )


def _measured(place: Place, model_id: str, values: dict[str, tuple[float, str]]) -> None:
    """`values`: by metric, (value, unit)."""
    data = [
        {
            "MetricName": name,
            "Value": float(value),
            "Unit": unit,
            "Dimensions": [{"Name": "ModelId", "Value": model_id}],
            "Timestamp": utcnow(),  # moto compares times without a zone
        }
        for name, (value, unit) in values.items()
    ]
    cloudwatch_backends[place.account][place.region].put_metric_data(NAMESPACE, data)


def measured_id(model_id: str) -> str:
    """The metrics' `ModelId`: of an ARN, its last part."""
    return model_id.rpartition("/")[2]


def count_client_error(place: Place, model_id: str) -> None:
    _measured(place, measured_id(model_id), {"InvocationClientErrors": (1, "Count")})


def _measure(made: Invocation) -> None:
    if made.reply is None:
        count_client_error(made.place, made.model_id)
        return
    usage = made.reply.usage
    values: dict[str, tuple[float, str]] = {
        "Invocations": (1, "Count"),
        "InvocationLatency": (made.reply.latency_ms, "Milliseconds"),
        "InputTokenCount": (usage.input, "Count"),
        "OutputTokenCount": (usage.output, "Count"),
        "CacheReadInputTokens": (usage.cache_read, "Count"),
        "CacheWriteInputTokens": (usage.cache_write, "Count"),
    }
    if made.is_streamed:
        values["TimeToFirstToken"] = (FIRST_BYTE_MS, "Milliseconds")
    _measured(made.place, measured_id(made.model_id), values)


def _delivered(made: Invocation, group: str, is_text_kept: bool) -> bool:
    logs = logs_backends[made.place.account][made.place.region]
    event = {
        "timestamp": int(made.at.timestamp() * 1000),
        "message": json.dumps(record(made, is_text_kept), separators=(",", ":")),
    }
    try:
        with _STREAM_LOCK:
            logs.ensure_log_stream(group, invocation_logging.STREAM)
        logs.put_log_events(group, invocation_logging.STREAM, [event])
    except Exception as error:  # AWS delivers after it has answered: no caller sees this
        print(f"invocation record not delivered: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        return False
    return True


def _deliver(made: Invocation) -> None:
    place = made.place
    config = bedrock_backends[place.account][place.region].get_model_invocation_logging_configuration() or {}
    logs = config.get("cloudWatchConfig")
    if not logs:
        return
    may = invocation_logging.complaint({"cloudWatchConfig": logs}, place.account, place.region) is None
    done = may and _delivered(made, logs["logGroupName"], bool(config.get("textDataDeliveryEnabled", True)))
    name = f"ModelInvocationLogsCloudWatchDelivery{'Success' if done else 'Failure'}"
    _measured(place, ALL_MODELS, {name: (1, "Count")})


def keep(made: Invocation) -> None:
    """Of a call that reached the model, or whose body the model refused. Calls that IAM refused leave no record."""
    _measure(made)
    _deliver(made)
