"""Metrics that CloudWatch Logs finds in logs: written into them (embedded metric format), or by a metric filter.

Of filter patterns the empty one and `{ $.field = "text" }` are known; another one counts nothing, and the log says so.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.logs.models import LogGroup, LogStream, logs_backends

# Of one dimension set.
DIMENSIONS_AT_MOST = 30
_EQUAL = re.compile(r'\{\s*\$\.([\w.]+)\s*=\s*"([^"]*)"\s*\}')


def found(message: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(namespace, datum) of one event; nothing where it is no document of that form."""
    if '"_aws"' not in message:
        return
    try:
        document = json.loads(message)
        told = document["_aws"]
        at = datetime.fromtimestamp(told["Timestamp"] / 1000, UTC).replace(tzinfo=None)  # moto compares such times
        for directive in told["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                yield from _data(document, directive, names, at)
    except (ValueError, KeyError, TypeError):
        return


def _data(
    document: Mapping[str, Any], directive: Mapping[str, Any], names: Iterable[str], at: datetime
) -> Iterator[tuple[str, dict[str, Any]]]:
    names = list(names)
    if len(names) > DIMENSIONS_AT_MOST or not all(isinstance(document.get(name), str) for name in names):
        return
    dimensions = [{"Name": name, "Value": document[name]} for name in names]
    for metric in directive["Metrics"]:
        values = document.get(metric["Name"])
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, int | float) and not isinstance(value, bool):
                yield (
                    directive["Namespace"],
                    {
                        "MetricName": metric["Name"],
                        "Value": float(value),
                        "Unit": metric.get("Unit", "None"),
                        "Dimensions": dimensions,
                        "Timestamp": at,
                    },
                )


def filtered(group: LogGroup, message: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(namespace, datum) of each metric filter of the group that takes this event."""
    for one in logs_backends[group.account_id][group.region].filters.metric_filters:
        if one["logGroupName"] == group.name and matches(one.get("filterPattern", ""), message):
            for made in one["metricTransformations"]:
                value = made["metricValue"]
                if value.startswith("$"):
                    print(f"metric filter {one['filterName']}: values of fields are not known", file=sys.stderr)
                    continue
                datum = {"MetricName": made["metricName"], "Value": float(value), "Unit": made.get("unit", "None")}
                yield made["metricNamespace"], {**datum, "Timestamp": datetime.now(UTC).replace(tzinfo=None)}


def matches(pattern: str, message: str) -> bool:
    if not pattern.strip():
        return True
    equal = _EQUAL.fullmatch(pattern.strip())
    if not equal:
        print(f"filter pattern not known to the sandbox: {pattern}", file=sys.stderr)
        return False
    try:
        value = json.loads(message)
        for key in equal[1].split("."):
            value = value[key]
    except (ValueError, KeyError, TypeError):
        return False
    return value == equal[2]


def keep_from_logs() -> None:
    """From now on what is put into a log stream is looked through; a second time it finds nothing to do."""
    put = LogStream.put_log_events
    if getattr(put, "looks_for_metrics", False):
        return

    def and_look(self: LogStream, log_events: list[dict[str, Any]]) -> str:
        answer = put(self, log_events)
        group = self.log_group
        data: dict[str, list[dict[str, Any]]] = {}
        for event in log_events:
            for namespace, datum in found(event["message"]):
                data.setdefault(namespace, []).append(datum)
            for namespace, datum in filtered(group, event["message"]):
                data.setdefault(namespace, []).append(datum)
        for namespace, datums in data.items():
            cloudwatch_backends[group.account_id][group.region].put_metric_data(namespace, datums)
        return answer

    and_look.looks_for_metrics = True  # type: ignore[attr-defined]
    LogStream.put_log_events = and_look  # type: ignore[method-assign]
