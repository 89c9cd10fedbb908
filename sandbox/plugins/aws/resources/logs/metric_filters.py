"""Metrics that CloudWatch finds in the events of a log group."""

from __future__ import annotations

import re
from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import (
    every,
    excludes,
    length,
    matches,
    model,
)
from sandbox.plugins.framework.entry import AutoName, Call, Constraint, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props


def _logs(call: Call[Aws]) -> Any:
    return call.cloud.client("logs", call.region)


def _gone(error: Exception) -> bool:
    return code(error) == "ResourceNotFoundException"


def _put_metric_filter(call: Call[Aws]) -> str:
    new = call.new
    wanted = new["metricTransformation"]
    transformation: Props = {
        "metricName": wanted["name"],
        "metricNamespace": wanted["namespace"],
        "metricValue": wanted["value"],
        "unit": wanted["unit"],
    }
    if wanted.get("defaultValue"):
        transformation["defaultValue"] = float(wanted["defaultValue"])
    if wanted.get("dimensions"):
        transformation["dimensions"] = wanted["dimensions"]
    _logs(call).put_metric_filter(
        logGroupName=new["logGroupName"],
        filterName=new["name"],
        filterPattern=new["pattern"],
        metricTransformations=[transformation],
        **_on_transformed(new),
    )
    return new["name"]


def _on_transformed(new: Props) -> Props:
    return {"applyOnTransformedLogs": True} if new.get("applyOnTransformedLogs") else {}


def _update_metric_filter(call: Call[Aws]) -> None:
    _put_metric_filter(call)


def _read_metric_filter(call: Call[Aws]) -> Props | None:
    found = _filter(call, "describe_metric_filters", "metricFilters", call.old["logGroupName"], call.id)
    if not found:
        return None
    read = found["metricTransformations"][0]
    default = read.get("defaultValue")
    transformation: Props = {
        "name": read["metricName"],
        "namespace": read["metricNamespace"],
        "value": read["metricValue"],
        "unit": read.get("unit", "None"),
        "defaultValue": None if default is None else re.sub(r"\.0$", "", repr(float(default))),
        "dimensions": read.get("dimensions") or None,
    }
    return {
        "name": found["filterName"],
        "logGroupName": found["logGroupName"],
        "pattern": found["filterPattern"],
        "metricTransformation": {name: value for name, value in transformation.items() if value is not None},
        "applyOnTransformedLogs": bool(found.get("applyOnTransformedLogs")),
        "region": call.region or call.cloud.region,
    }


def _filter(call: Call[Aws], operation: str, answer: str, group: str, name: str) -> Props:
    """The group's filter of this very name; an empty answer when there is none, or no group."""
    try:
        pages = _logs(call).get_paginator(operation).paginate(logGroupName=group, filterNamePrefix=name)
        return next((one for page in pages for one in page[answer] if one["filterName"] == name), {})
    except Exception as error:
        if _gone(error):
            return {}
        raise


def _delete_metric_filter(call: Call[Aws]) -> None:
    try:
        _logs(call).delete_metric_filter(logGroupName=call.old["logGroupName"], filterName=call.id)
    except Exception as error:
        if not _gone(error):
            raise


def _import_metric_filter(import_id: str) -> tuple[str, Props]:
    group, colon, name = import_id.partition(":")
    if not colon:
        raise PluginError(f"a metric filter is imported as <log group>:<name>: {import_id}")
    return name, {"logGroupName": group, "name": name}


def _model(member: str) -> Constraint:
    return model("logs", "PutMetricFilter", f"metricTransformations.[].{member}")


def _number(value: str) -> str | None:
    try:
        float(value)
    except ValueError:
        return f"must be a number, as a text: {value}" if value else None
    return None


def _same_pattern(one: str, other: str) -> bool:
    return one.strip() == other.strip()


_GROUP = every(length(1, 512), matches(r"[0-9A-Za-z_./#-]*", "have only letters, digits and _./#-"))
_FILTER = every(length(1, 512), excludes("[:*]", "have : or *"))
_PATTERN = length(0, 1024)
ENTRIES = (
    Entry(
        token="aws:cloudwatch/logMetricFilter:LogMetricFilter",
        replaces=("name", "logGroupName"),
        autoname=AutoName(),
        defaults={"metricTransformation.unit": "None"},
        computed=("applyOnTransformedLogs",),
        checks={
            "name": _FILTER,
            "logGroupName": _GROUP,
            "pattern": _PATTERN,
            "metricTransformation.name": _model("metricName"),
            "metricTransformation.namespace": _model("metricNamespace"),
            "metricTransformation.value": _model("metricValue"),
            "metricTransformation.unit": _model("unit"),
            "metricTransformation.defaultValue": _number,
        },
        same={"pattern": _same_pattern},
        stored={"pattern": str.strip},
        create=_put_metric_filter,
        read=_read_metric_filter,
        update=_update_metric_filter,
        delete=_delete_metric_filter,
        imports=_import_metric_filter,
    ),
)
