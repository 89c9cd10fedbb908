"""Alarms on metrics, and on arithmetic of metrics."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources.cloudwatch.alarm_parts import (
    ACTIONS,
    COMMON,
    FEW_ACTIONS,
    action,
    client,
    common,
    common_request,
    delete,
    find,
    update_tags,
)
from sandbox.plugins.aws.resources.cloudwatch.alarm_queries import (
    dimensions,
    place,
    query_failures,
    query_request,
    read_query,
    same_queries,
)
from sandbox.plugins.framework.constraints import (
    between,
    each,
    length,
    matches,
    model,
    one_of,
    unsupported,
)
from sandbox.plugins.framework.entry import AutoName, Call, Constraint, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props


def _put_model(member: str) -> Constraint:
    return model("cloudwatch", "PutMetricAlarm", member)


# Input -> parameter, sent where the user has set it.
_PARAMETERS = {
    "comparisonOperator": "ComparisonOperator",
    "datapointsToAlarm": "DatapointsToAlarm",
    "evaluateLowSampleCountPercentiles": "EvaluateLowSampleCountPercentile",
    "evaluationPeriods": "EvaluationPeriods",
    "extendedStatistic": "ExtendedStatistic",
    "metricName": "MetricName",
    "namespace": "Namespace",
    "period": "Period",
    "statistic": "Statistic",
    "thresholdMetricId": "ThresholdMetricId",
    "treatMissingData": "TreatMissingData",
    "unit": "Unit",
}
_NUMBERS = frozenset({"datapointsToAlarm", "evaluationPeriods", "period"})


def _put_metric_alarm(call: Call[Aws]) -> str:
    """Takes over an alarm of that name without a word."""
    new = call.new
    wanted = common_request(new, new["name"])
    wanted |= {parameter: new[field] for field, parameter in _PARAMETERS.items() if new.get(field)}
    if new.get("dimensions"):
        wanted["Dimensions"] = dimensions(new["dimensions"])
    if new.get("metricQueries"):
        wanted["Metrics"] = [query_request(query) for query in new["metricQueries"]]
    if not new.get("thresholdMetricId"):
        wanted["Threshold"] = float(new.get("threshold") or 0)
    client(call).put_metric_alarm(**wanted)
    return new["name"]


def _update_metric_alarm(call: Call[Aws]) -> None:
    update_tags(call)
    queries = not same_queries(call.old.get("metricQueries"), call.new.get("metricQueries"))
    fields = (*_PARAMETERS, *COMMON, "dimensions", "threshold")
    if queries or call.changed(*fields):
        _put_metric_alarm(call)


def _read_metric_alarm(call: Call[Aws]) -> Props | None:
    alarm = find(call, "MetricAlarm")
    if not alarm:
        return None
    queries = sorted((read_query(query) for query in alarm.get("Metrics", [])), key=place)
    empty = {field: 0 if field in _NUMBERS else "" for field in _PARAMETERS}
    return {
        "name": alarm["AlarmName"],
        **{field: alarm.get(parameter, empty[field]) for field, parameter in _PARAMETERS.items()},
        "dimensions": tags.mapped_from(alarm.get("Dimensions", []), "Name") or None,
        "metricQueries": queries,
        "threshold": alarm.get("Threshold", 0),
        "treatMissingData": alarm.get("TreatMissingData", "missing"),
        **common(call, alarm),
    }


_PERIOD = "must be 10, 20, 30 or a multiple of 60"


def _period(value: int) -> str | None:
    return None if value in {10, 20, 30} or (value > 0 and value % 60 == 0) else f"{_PERIOD}: {value}"


def _query_period(value: int) -> str | None:
    return None if value in {1, 5} else _period(value)


# Percentiles and the trimmed, winsorised and counting statistics.
_PERCENT = r"\d{1,2}(\.\d{1,10})?|100"
_EDGE = r"(\d+(\.\d+)?%?)?"
_EXTENDED = rf"((p|tm|wm|tc|ts)({_PERCENT}))|IQM|((TM|WM|PR|TC|TS)\({_EDGE}:{_EDGE}\))"
_extended = matches(_EXTENDED, "be a percentile such as p99, or one of tm, wm, tc, ts, IQM and their ranges")


def _stat(value: str) -> str | None:
    return None if value in {"SampleCount", "Average", "Sum", "Minimum", "Maximum"} else _extended(value)


_CLASSIC = ("metricName", "namespace", "dimensions", "period", "statistic", "extendedStatistic")


def _metric_rules(inputs: Props) -> Iterable[Failure]:
    """What the provider says before it asks AWS; a PromQL alarm is none of the stand-in's."""
    if "evaluationCriteria" in inputs:
        return
    queries, metric = inputs.get("metricQueries"), inputs.get("metricName")
    missing = (name for name in ("comparisonOperator", "evaluationPeriods") if inputs.get(name) is None)
    yield from (Failure(name, "is required: set it") for name in missing)
    if not queries and not metric:
        yield Failure("metricName", "is missing: set metricName or metricQueries")
    if queries:
        given = (name for name in _CLASSIC if inputs.get(name))
        yield from (Failure(name, "conflicts with metricQueries: keep one of them") for name in given)
    elif metric and bool(inputs.get("statistic")) == bool(inputs.get("extendedStatistic")):
        yield Failure("statistic", "is needed with metricName: set either statistic or extendedStatistic")
    if inputs.get("threshold") is not None and inputs.get("thresholdMetricId"):
        yield Failure("threshold", "conflicts with thresholdMetricId: keep one of them")
    yield from query_failures(queries if isinstance(queries, list) else [])


ENTRIES = (
    Entry(
        token="aws:cloudwatch/metricAlarm:MetricAlarm",
        replaces=("name",),
        autoname=AutoName(),
        defaults={"actionsEnabled": True, "treatMissingData": "missing", "metricQueries.returnData": False},
        computed=("evaluateLowSampleCountPercentiles",),
        checks={
            "name": length(1, 255),
            "alarmActions": each(action),
            "alarmDescription": length(0, 1024),
            "comparisonOperator": _put_model("ComparisonOperator"),
            "datapointsToAlarm": between(1, float("inf")),
            "evaluateLowSampleCountPercentiles": one_of("evaluate", "ignore"),
            "evaluationCriteria": unsupported,
            "evaluationInterval": unsupported,
            "evaluationPeriods": between(1, float("inf")),
            "evaluationWindow": unsupported,
            "extendedStatistic": _extended,
            "insufficientDataActions": FEW_ACTIONS,
            "metricName": length(1, 255),
            "metricQueries.expression": length(1, 1024),
            "metricQueries.id": length(1, 255),
            "metricQueries.metric.metricName": length(1, 255),
            "metricQueries.metric.namespace": _put_model("Namespace"),
            "metricQueries.metric.period": _query_period,
            "metricQueries.metric.stat": _stat,
            "metricQueries.metric.unit": _put_model("Unit"),
            "metricQueries.period": _query_period,
            "namespace": _put_model("Namespace"),
            "okActions": FEW_ACTIONS,
            "period": _period,
            "statistic": _put_model("Statistic"),
            "thresholdMetricId": length(1, 255),
            "treatMissingData": one_of("breaching", "notBreaching", "ignore", "missing"),
            "unit": _put_model("Unit"),
            "warmUpConfiguration": unsupported,
        },
        rules=(_metric_rules,),
        sets=(*ACTIONS, "metricQueries"),
        same={"metricQueries": same_queries},
        by_place=("metricQueries",),
        tags=True,
        create=_put_metric_alarm,
        read=_read_metric_alarm,
        update=_update_metric_alarm,
        delete=delete,
    ),
)
