"""The queries of an alarm on arithmetic of metrics: a set, of objects with keys that differ."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props, Unknown


def dimensions(wanted: Props) -> list[Props]:
    return tags.listed(wanted, "Name")


def query_request(query: Props) -> Props:
    request: Props = {
        "Id": query["id"],
        "AccountId": query.get("accountId"),
        "Expression": query.get("expression"),
        "Label": query.get("label"),
        "Period": query.get("period"),
        "MetricStat": _metric_request(query["metric"]) if query.get("metric") else None,
    }
    return {key: value for key, value in request.items() if value} | {"ReturnData": query["returnData"]}


def _metric_request(metric: Props) -> Props:
    named: Props = {
        "MetricName": metric["metricName"],
        "Namespace": metric.get("namespace"),
        "Dimensions": dimensions(metric.get("dimensions") or {}),
    }
    request: Props = {
        "Metric": {key: value for key, value in named.items() if value},
        "Period": metric["period"],
        "Stat": metric["stat"],
        "Unit": metric.get("unit"),
    }
    return {key: value for key, value in request.items() if value}


def read_query(query: Props) -> Props:
    """In the inputs' words, without what is empty."""
    read: Props = {
        "id": query["Id"],
        "accountId": query.get("AccountId"),
        "expression": query.get("Expression"),
        "label": query.get("Label"),
        "period": query.get("Period"),
    }
    if stat := query.get("MetricStat"):
        metric: Props = {
            "metricName": stat["Metric"]["MetricName"],
            "namespace": stat["Metric"].get("Namespace"),
            "dimensions": tags.mapped_from(stat["Metric"].get("Dimensions", []), "Name"),
            "period": stat["Period"],
            "stat": stat["Stat"],
            "unit": stat.get("Unit"),
        }
        read["metric"] = {key: value for key, value in metric.items() if value}
    return {key: value for key, value in read.items() if value} | {"returnData": bool(query.get("ReturnData"))}


def place(query: Props) -> tuple[str, str, str]:
    """Where the set in state has it, whatever order was asked for: as the values of its fields compare."""
    return query.get("accountId", ""), query.get("expression", ""), query["id"]


def same_queries(one: Any, other: Any) -> bool:
    return _canonical(one) == _canonical(other)


def _canonical(queries: Any) -> list[str]:
    """The order of queries means nothing, and neither do empty members."""
    return sorted(json.dumps(_without_empty(query), sort_keys=True, default=str) for query in queries or ())


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := _without_empty(item))}
    return value


def query_failures(queries: list[Any]) -> Iterable[Failure]:
    for index, query in enumerate(queries):
        if isinstance(query, Unknown):
            continue
        if query.get("expression") and query.get("metric"):
            yield Failure(f"metricQueries[{index}].expression", "conflicts with metric: keep one of them")
