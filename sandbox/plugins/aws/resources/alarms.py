"""CloudWatch alarms: on metrics, on arithmetic of metrics, and on other alarms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import (
    arn,
    between,
    each,
    every,
    length,
    matches,
    model,
    one_of,
    unsupported,
)
from sandbox.plugins.framework.entry import AutoName, Call, Constraint, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props, Unknown


def _cloudwatch(call: Call[Aws]) -> Any:
    return call.cloud.client("cloudwatch", call.region)


def _put_model(member: str) -> Constraint:
    return model("cloudwatch", "PutMetricAlarm", member)


def _find(call: Call[Aws], kind: str) -> Props:
    """The alarm of this name and kind with its tags, or nothing."""
    cloudwatch = _cloudwatch(call)
    found = cloudwatch.describe_alarms(AlarmNames=[call.id], AlarmTypes=[kind])[f"{kind}s"]
    if not found:
        return {}
    listed = cloudwatch.list_tags_for_resource(ResourceARN=found[0]["AlarmArn"])["Tags"]
    return found[0] | {"Tags": listed}


def _common(call: Call[Aws], alarm: Props) -> Props:
    """What every alarm has."""
    return {
        "arn": alarm["AlarmArn"],
        "actionsEnabled": alarm["ActionsEnabled"],
        "alarmActions": alarm.get("AlarmActions", []),
        "alarmDescription": alarm.get("AlarmDescription", ""),
        "insufficientDataActions": alarm.get("InsufficientDataActions", []),
        "okActions": alarm.get("OKActions", []),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(alarm["Tags"])),
    }


def _common_request(new: Props, name: str) -> Props:
    wanted: Props = {
        "AlarmName": name,
        "AlarmActions": new.get("alarmActions"),
        "AlarmDescription": new.get("alarmDescription"),
        "InsufficientDataActions": new.get("insufficientDataActions"),
        "OKActions": new.get("okActions"),
        "Tags": tags.listed(new.get("tagsAll")),
    }
    return {key: value for key, value in wanted.items() if value} | {"ActionsEnabled": new["actionsEnabled"]}


def _update_tags(call: Call[Aws]) -> None:
    cloudwatch, alarm_arn = _cloudwatch(call), call.old["arn"]
    tags.update(
        call,
        lambda keys: cloudwatch.untag_resource(ResourceARN=alarm_arn, TagKeys=keys),
        lambda changed: cloudwatch.tag_resource(ResourceARN=alarm_arn, Tags=tags.listed(changed)),
    )


def _delete(call: Call[Aws]) -> None:
    try:
        _cloudwatch(call).delete_alarms(AlarmNames=[call.id])
    except Exception as error:
        if code(error) not in {"ResourceNotFound", "ResourceNotFoundException"}:
            raise


# Metric alarms

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
    wanted = _common_request(new, new["name"])
    wanted |= {parameter: new[field] for field, parameter in _PARAMETERS.items() if new.get(field)}
    if new.get("dimensions"):
        wanted["Dimensions"] = _dimensions(new["dimensions"])
    if new.get("metricQueries"):
        wanted["Metrics"] = [_query_request(query) for query in new["metricQueries"]]
    if not new.get("thresholdMetricId"):
        wanted["Threshold"] = float(new.get("threshold") or 0)
    _cloudwatch(call).put_metric_alarm(**wanted)
    return new["name"]


def _dimensions(wanted: Props) -> list[Props]:
    return tags.listed(wanted, "Name")


def _query_request(query: Props) -> Props:
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
        "Dimensions": _dimensions(metric.get("dimensions") or {}),
    }
    request: Props = {
        "Metric": {key: value for key, value in named.items() if value},
        "Period": metric["period"],
        "Stat": metric["stat"],
        "Unit": metric.get("unit"),
    }
    return {key: value for key, value in request.items() if value}


def _update_metric_alarm(call: Call[Aws]) -> None:
    _update_tags(call)
    queries = not _same_queries(call.old.get("metricQueries"), call.new.get("metricQueries"))
    fields = (*_PARAMETERS, *_COMMON, "dimensions", "threshold")
    if queries or call.changed(*fields):
        _put_metric_alarm(call)


_COMMON = ("actionsEnabled", "alarmActions", "alarmDescription", "insufficientDataActions", "okActions")


def _read_metric_alarm(call: Call[Aws]) -> Props | None:
    alarm = _find(call, "MetricAlarm")
    if not alarm:
        return None
    queries = sorted((_query(query) for query in alarm.get("Metrics", [])), key=_place)
    empty = {field: 0 if field in _NUMBERS else "" for field in _PARAMETERS}
    return {
        "name": alarm["AlarmName"],
        **{field: alarm.get(parameter, empty[field]) for field, parameter in _PARAMETERS.items()},
        "dimensions": tags.mapped_from(alarm.get("Dimensions", []), "Name") or None,
        "metricQueries": queries,
        "threshold": alarm.get("Threshold", 0),
        "treatMissingData": alarm.get("TreatMissingData", "missing"),
        **_common(call, alarm),
    }


def _query(query: Props) -> Props:
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


def _place(query: Props) -> tuple[str, str, str]:
    """Where the set in state has it, whatever order was asked for: as the values of its fields compare."""
    return query.get("accountId", ""), query.get("expression", ""), query["id"]


def _same_queries(one: Any, other: Any) -> bool:
    return _canonical(one) == _canonical(other)


def _canonical(queries: Any) -> list[str]:
    """The order of queries means nothing, and neither do empty members."""
    return sorted(json.dumps(_without_empty(query), sort_keys=True, default=str) for query in queries or ())


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: kept for name, item in value.items() if (kept := _without_empty(item))}
    return value


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


def _action(value: str) -> str | None:
    """EC2's own actions have no account and no more than a verb."""
    return None if re.fullmatch(r"arn:aws[\w-]*:automate:[\w-]+:ec2:\w+", value) else arn(value)


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
    yield from _query_failures(queries if isinstance(queries, list) else [])


def _query_failures(queries: list[Any]) -> Iterable[Failure]:
    for index, query in enumerate(queries):
        if isinstance(query, Unknown):
            continue
        if query.get("expression") and query.get("metric"):
            yield Failure(f"metricQueries[{index}].expression", "conflicts with metric: keep one of them")


# Composite alarms


def _put_composite_alarm(call: Call[Aws]) -> str:
    new = call.new
    wanted = _common_request(new, new["alarmName"]) | {"AlarmRule": new["alarmRule"]}
    if suppressor := new.get("actionsSuppressor"):
        wanted |= {
            "ActionsSuppressor": suppressor["alarm"],
            "ActionsSuppressorWaitPeriod": suppressor["waitPeriod"],
            "ActionsSuppressorExtensionPeriod": suppressor["extensionPeriod"],
        }
    _cloudwatch(call).put_composite_alarm(**wanted)
    return new["alarmName"]


def _update_composite_alarm(call: Call[Aws]) -> None:
    _update_tags(call)
    if call.changed("alarmRule", "actionsSuppressor", *_COMMON):
        _put_composite_alarm(call)


def _read_composite_alarm(call: Call[Aws]) -> Props | None:
    alarm = _find(call, "CompositeAlarm")
    if not alarm:
        return None
    suppressor: Props | None = None
    if alarm.get("ActionsSuppressor"):
        suppressor = {
            "alarm": alarm["ActionsSuppressor"],
            "waitPeriod": alarm["ActionsSuppressorWaitPeriod"],
            "extensionPeriod": alarm["ActionsSuppressorExtensionPeriod"],
        }
    return {
        "alarmName": alarm["AlarmName"],
        "alarmRule": alarm["AlarmRule"],
        "actionsSuppressor": suppressor,
        **_common(call, alarm),
    }


_ACTIONS = ("alarmActions", "insufficientDataActions", "okActions")
_FEW_ACTIONS = every(length(0, 5), each(_action))

ENTRIES = (
    Entry(
        token="aws:cloudwatch/metricAlarm:MetricAlarm",
        replaces=("name",),
        autoname=AutoName(),
        defaults={"actionsEnabled": True, "treatMissingData": "missing", "metricQueries.returnData": False},
        computed=("evaluateLowSampleCountPercentiles",),
        checks={
            "name": length(1, 255),
            "alarmActions": each(_action),
            "alarmDescription": length(0, 1024),
            "comparisonOperator": _put_model("ComparisonOperator"),
            "datapointsToAlarm": between(1, float("inf")),
            "evaluateLowSampleCountPercentiles": one_of("evaluate", "ignore"),
            "evaluationCriteria": unsupported,
            "evaluationInterval": unsupported,
            "evaluationPeriods": between(1, float("inf")),
            "evaluationWindow": unsupported,
            "extendedStatistic": _extended,
            "insufficientDataActions": _FEW_ACTIONS,
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
            "okActions": _FEW_ACTIONS,
            "period": _period,
            "statistic": _put_model("Statistic"),
            "thresholdMetricId": length(1, 255),
            "treatMissingData": one_of("breaching", "notBreaching", "ignore", "missing"),
            "unit": _put_model("Unit"),
            "warmUpConfiguration": unsupported,
        },
        rules=(_metric_rules,),
        sets=(*_ACTIONS, "metricQueries"),
        same={"metricQueries": _same_queries},
        by_place=("metricQueries",),
        tags=True,
        create=_put_metric_alarm,
        read=_read_metric_alarm,
        update=_update_metric_alarm,
        delete=_delete,
    ),
    Entry(
        token="aws:cloudwatch/compositeAlarm:CompositeAlarm",
        replaces=("alarmName", "actionsEnabled"),
        defaults={"actionsEnabled": True},
        checks={
            "alarmName": length(1, 255),
            "alarmDescription": length(0, 1024),
            "alarmRule": length(1, 10_240),
            **dict.fromkeys(_ACTIONS, _FEW_ACTIONS),
        },
        sets=_ACTIONS,
        tags=True,
        create=_put_composite_alarm,
        read=_read_composite_alarm,
        update=_update_composite_alarm,
        delete=_delete,
    ),
)
