"""Lines into a log group of ours, whose stream is made by the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from botocore.exceptions import ClientError

from functions.clients import client


def put_lines(group: str, stream: str, lines: Sequence[tuple[datetime, str]]) -> None:
    """At most what PutLogEvents takes at once, oldest first. RuntimeError where CloudWatch Logs refused some."""
    events = [{"timestamp": int(at.timestamp() * 1000), "message": line} for at, line in lines]
    try:
        answer = client("logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    except client("logs").exceptions.ResourceNotFoundException:
        _create(group, stream)
        answer = client("logs").put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    if answer.get("rejectedLogEventsInfo"):
        raise RuntimeError(f"{group} refused lines: {answer['rejectedLogEventsInfo']}")


def _create(group: str, stream: str) -> None:
    try:
        client("logs").create_log_stream(logGroupName=group, logStreamName=stream)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
