"""Streams of CloudWatch log groups."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import every, length, matches
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props


def _logs(call: Call[Aws]) -> Any:
    return call.cloud.client("logs", call.region)


def _create(call: Call[Aws]) -> str:
    name = call.new["name"]
    _logs(call).create_log_stream(logGroupName=call.new["logGroupName"], logStreamName=name)
    return name


def _read(call: Call[Aws]) -> Props | None:
    group = call.old["logGroupName"]
    try:
        pages = (
            _logs(call).get_paginator("describe_log_streams").paginate(logGroupName=group, logStreamNamePrefix=call.id)
        )
        found = next((one for page in pages for one in page["logStreams"] if one["logStreamName"] == call.id), None)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise
    if found is None:
        return None
    return {
        "arn": found["arn"],
        "name": call.id,
        "logGroupName": group,
        "region": call.region or call.cloud.region,
    }


def _delete(call: Call[Aws]) -> None:
    try:
        _logs(call).delete_log_stream(logGroupName=call.old["logGroupName"], logStreamName=call.id)
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise


def _import(import_id: str) -> tuple[str, Props]:
    group, colon, name = import_id.partition(":")
    if not colon:
        raise PluginError(f"a log stream is imported as <log group>:<name>: {import_id}")
    return name, {"logGroupName": group, "name": name}


ENTRIES = (
    Entry(
        token="aws:cloudwatch/logStream:LogStream",
        replaces=("name", "logGroupName"),
        autoname=AutoName(),
        computed=("arn",),
        checks={"name": every(length(1, 512), matches(r"[^:*]*", "have no : and no *"))},
        create=_create,
        read=_read,
        delete=_delete,
        imports=_import,
    ),
)
