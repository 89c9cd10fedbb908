"""What each widget of a deployed dashboard shows, by CloudWatch's own API: GetDashboard, GetMetricData, Logs Insights,
DescribeAlarms. Whatever the cloud refuses raises: a widget that shows an error is a fault."""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.engine.world import World

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}


@dataclass(frozen=True)
class Line:
    """`points`: by time; `right`: on the right axis."""

    label: str
    points: Mapping[datetime, float]
    color: str | None = None
    right: bool = False


@dataclass(frozen=True, kw_only=True)
class Shown:
    """`place`: x, y, width and height on the grid of 24 columns. `kind`: text, lines, number, table or states."""

    kind: str
    place: tuple[int, int, int, int]
    title: str = ""
    text: str = ""
    lines: Sequence[Line] = ()
    levels: Sequence[tuple[str, float, str]] = ()
    stacked: bool = False
    period: int = 300
    rows: Sequence[Mapping[str, str]] = ()
    states: Sequence[tuple[str, str]] = field(default=())


def dashboard(world: World, name: str, since: datetime, until: datetime, chosen: str | None = None) -> list[Shown]:
    """`chosen`: of the values that its variable offers; without it the one that stands there at first."""
    body = json.loads(world.aws("cloudwatch").get_dashboard(DashboardName=name)["DashboardBody"])
    for variable in body.pop("variables", ()):
        value = chosen or variable["defaultValue"]
        assert value in [each["value"] for each in variable["values"]], value
        body = json.loads(re.sub(variable["pattern"], value, json.dumps(body)))
    return [shown(world, widget, since, until) for widget in body["widgets"]]


def shown(world: World, widget: Mapping[str, Any], since: datetime, until: datetime) -> Shown:
    place = (widget["x"], widget["y"], widget["width"], widget["height"])
    properties: Mapping[str, Any] = widget["properties"]
    title = properties.get("title", "")
    match widget["type"], properties.get("view"):
        case "text", _:
            return Shown(kind="text", place=place, text=properties["markdown"])
        case "log", _:
            rows = answer(world, properties["query"], since, until)
            return Shown(kind="table", place=place, title=title, rows=rows)
        case "alarm", _:
            states = [(alarm["AlarmName"], state(world, alarm, until)) for alarm in alarms(world, properties["alarms"])]
            return Shown(kind="states", place=place, title=title, states=states)
        case "metric", view:
            queries, levels = _of_metrics(world, properties)
            return Shown(
                kind="number" if view == "singleValue" else "lines",
                place=place,
                title=title,
                lines=list(_lines(world, queries, since, until, properties)),
                levels=levels,
                stacked=bool(properties.get("stacked")),
                period=properties.get("period", 300),
            )
        case kind, _:
            raise AssertionError(f"a widget of an unknown type: {kind}")


def answer(world: World, query: str, since: datetime, until: datetime) -> list[dict[str, str]]:
    """A widget's query names its log groups itself."""
    sources = [part.split("'")[1] for part in query.split(" | ") if part.startswith("SOURCE ")]
    logs = world.aws("logs")
    times = {"startTime": int(since.timestamp()), "endTime": int(until.timestamp())}
    started = logs.start_query(logGroupNames=sources, queryString=query, **times)
    found = logs.get_query_results(queryId=started["queryId"])
    assert found["status"] == "Complete", found
    return [{cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"} for row in found["results"]]


def alarms(world: World, arns: Sequence[str]) -> list[dict[str, Any]]:
    """In the order they are named; one that is not there raises KeyError."""
    names = [arn.rpartition(":alarm:")[2] for arn in arns]
    pages = world.aws("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNames=names)
    found = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    return [found[name] for name in names]


def state(world: World, alarm: Mapping[str, Any], until: datetime) -> str:
    """By its own rule. The sandbox keeps alarms and never judges them, so that none changes by itself in a test."""
    period = next(query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query)
    since = until - timedelta(seconds=period * alarm["EvaluationPeriods"])
    [line] = _lines(world, alarm["Metrics"], since, until, {})
    breaks = COMPARISONS[alarm["ComparisonOperator"]]
    last = [value for _, value in sorted(line.points.items())][-alarm["EvaluationPeriods"] :]
    assert alarm["TreatMissingData"] == "notBreaching", alarm["AlarmName"]
    breaking = sum(breaks(value, alarm["Threshold"]) for value in last)
    return "ALARM" if breaking >= alarm["DatapointsToAlarm"] else "OK"


def _of_metrics(
    world: World, properties: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], list[tuple[str, float, str]]]:
    """(queries of GetMetricData, level lines); of a widget that shows an alarm, the alarm's."""
    annotations = properties.get("annotations") or {}
    levels = [(line["label"], line["value"], line["color"]) for line in annotations.get("horizontal", ())]
    queries = list(_queries(properties))
    for alarm in alarms(world, annotations.get("alarms", ())):
        queries += alarm["Metrics"]
        levels.append(("alarm", alarm["Threshold"], "#d62728"))
    return queries, levels


def _queries(properties: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for number, metric in enumerate(properties.get("metrics", ())):
        options: Mapping[str, Any] = metric[-1] if isinstance(metric[-1], Mapping) else {}
        period = options.get("period", properties["period"])
        query: dict[str, Any] = {"Id": options.get("id", f"w{number}"), "ReturnData": options.get("visible", True)}
        if "label" in options:
            query["Label"] = options["label"]
        if "expression" in options:
            yield {**query, "Expression": options["expression"], "Period": period}
            continue
        namespace, name, *rest = [part for part in metric if isinstance(part, str)]
        dimensions = [{"Name": key, "Value": value} for key, value in list(pairwise(rest))[::2]]
        of = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
        yield {**query, "MetricStat": {"Metric": of, "Period": period, "Stat": options.get("stat", properties["stat"])}}


def _lines(
    world: World,
    queries: Sequence[Mapping[str, Any]],
    since: datetime,
    until: datetime,
    properties: Mapping[str, Any],
) -> Iterator[Line]:
    options = {
        metric[-1].get("id", f"w{number}"): metric[-1]
        for number, metric in enumerate(properties.get("metrics", ()))
        if isinstance(metric[-1], Mapping)
    }
    found = world.aws("cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=since, EndTime=until, ScanBy="TimestampAscending"
    )
    for result in found["MetricDataResults"]:
        own = options.get(result["Id"], {})
        points = dict(zip(result["Timestamps"], result["Values"], strict=True))
        yield Line(result["Label"], points, own.get("color"), own.get("yAxis") == "right")
