"""GetMetricData: queries in, series out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import ValidationError

from sandbox.aws.metrics.expressions import Expression, Series, Value
from sandbox.aws.metrics.series import Metrics

# Of a query that does not say, and asks for none that does.
PERIOD = 300


def results(queries: Sequence[Mapping[str, Any]], metrics: Metrics, *, newest_first: bool) -> Iterator[dict[str, Any]]:
    """One per series that is to be returned; of a SEARCH several have one id. ValidationError for what is not known."""
    known: dict[str, Value] = {}
    waiting = {query["Id"]: query for query in queries}
    periods = [int(query["MetricStat"]["Period"]) for query in queries if query.get("MetricStat")]
    usual = max(periods, default=PERIOD)
    while waiting:
        # An expression may use those that come after it.
        ready = [id_ for id_, query in waiting.items() if not _needs(query) & waiting.keys() - {id_}]
        if not ready:
            raise ValidationError(f"Error in expression '{min(waiting)}': the expressions use each other")
        for id_ in ready:
            known[id_] = _value(waiting.pop(id_), metrics, known, usual)
    for query in queries:
        if query.get("ReturnData") is not False:
            for series in _listed(known[query["Id"]], query["Id"]):
                yield _result(query, series, newest_first)


def _needs(query: Mapping[str, Any]) -> set[str]:
    """Words of its expression; an id is one of them."""
    return set(re.findall(r"\w+", str(query.get("Expression") or "")))


def _value(query: Mapping[str, Any], metrics: Metrics, known: Mapping[str, Value], usual: int) -> Value:
    stat = query.get("MetricStat")
    if stat is None:
        return Expression(query["Id"], query["Expression"], metrics, known, int(query.get("Period") or usual)).value()
    if stat.get("Unit"):
        raise ValidationError(f"The sandbox does not tell units apart: {query['Id']}")
    metric = stat["Metric"]
    dimensions = frozenset((d["Name"], d["Value"]) for d in metric.get("Dimensions") or ())
    key = (str(metric.get("Namespace")), str(metric.get("MetricName")), dimensions)
    label = "" if query.get("Label") else key[1]
    return Series(metrics.points(key, stat["Stat"], int(stat["Period"])), label)


def _listed(value: Value, id_: str) -> list[Series]:
    match value:
        case Series():
            return [value]
        case list():
            return value
        case _:
            raise ValidationError(f"Error in expression '{id_}': the result must be a time series or an array of them")


def _result(query: Mapping[str, Any], series: Series, newest_first: bool) -> dict[str, Any]:
    points = sorted(series.points.items(), reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": " ".join(filter(None, (query.get("Label"), series.label))) or query["Id"],
        "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in points],
        "Values": [point for _, point in points],
        "StatusCode": "Complete",
    }
