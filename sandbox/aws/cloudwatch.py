"""What moto lacks of CloudWatch: composite alarms, the checks of alarms and dashboards, states that last.

Alarms are not evaluated: a state changes by `SetAlarmState`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from moto.cloudwatch.exceptions import DashboardInvalidInputError, ResourceNotFoundException, ValidationError
from moto.cloudwatch.models import Alarm
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.aws.metrics.data import results
from sandbox.aws.metrics.series import Metrics, Range, seconds
from sandbox.aws.validation import mistakes

DAY, WEEK = 86_400, 604_800
HOUR = 3600
_REFERENCE = re.compile(r'\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"([^"]*)"|([^\s")]+))\s*\)')
# A widget's place and size: (name, least, most).
_GRID = (("x", 0, 23), ("width", 1, 24), ("height", 1, 1000))
_SUPPRESSION = ("ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")


class CloudWatch(CloudWatchResponse):
    """moto's CloudWatch with these operations in place of its own."""

    def put_metric_alarm(self) -> ActionResult:
        """An alarm that is put again keeps its state and its tags."""
        given = self._given("PutMetricAlarm")
        if reason := next(_alarm_mistakes(given), None):
            raise ValidationError(reason)
        known, tagged = self._known(given["AlarmName"]), self._tags(given["AlarmName"])
        result = super().put_metric_alarm()
        alarm = self._known(given["AlarmName"])
        for query, told in zip(alarm.metric_data_queries if alarm else (), given.get("Metrics") or (), strict=False):
            vars(query)["account_id"] = told.get("AccountId")
        self._carry_over(known, tagged, given["AlarmName"])
        return result

    def put_composite_alarm(self) -> ActionResult:
        given = self._given("PutCompositeAlarm")
        name = given["AlarmName"]
        missing = [found for found in referenced(given["AlarmRule"]) if found not in self.cloudwatch_backend.alarms]
        if missing:
            raise ValidationError(f"Could not save the composite alarm as alarms [{', '.join(missing)}] do not exist")
        known, tagged = self._known(name), self._tags(name)
        super().put_metric_alarm()
        vars(self.cloudwatch_backend.alarms[name]).update(
            {_attribute(field): given[field] for field in _SUPPRESSION if given.get(field) is not None}
        )
        self._carry_over(known, tagged, given["AlarmName"])
        return EmptyResult()

    def describe_alarms(self) -> ActionResult:
        """Composite alarms show only where they are asked for."""
        found = cast("dict[str, list[Alarm]]", super().describe_alarms().result)
        kinds = self._get_param("AlarmTypes") or ["MetricAlarm"]
        return ActionResult(
            {f"{kind}s": found[f"{kind}s"] for kind in ("MetricAlarm", "CompositeAlarm") if kind in kinds}
        )

    def delete_alarms(self) -> ActionResult:
        names = self._get_param("AlarmNames") or []
        alarms = self.cloudwatch_backend.alarms
        for alarm in alarms.values():
            needed = set(names) & set(referenced(alarm.rule or ""))
            if needed and alarm.name not in names:
                raise ValidationError(f"Cannot delete {min(needed)} as there are composite alarm(s) depending on it.")
        for name in names:
            if name in alarms:
                self.cloudwatch_backend.tagger.delete_all_tags_for_resource(alarms[name].alarm_arn)
        return super().delete_alarms()

    def list_tags_for_resource(self) -> ActionResult:
        arn = self._get_param("ResourceARN")
        if ":alarm:" in arn and not any(a.alarm_arn == arn for a in self.cloudwatch_backend.alarms.values()):
            raise ResourceNotFoundException
        return super().list_tags_for_resource()

    def untag_resource(self) -> ActionResult:
        """moto takes a resource without tags for none."""
        arn = self._get_param("ResourceARN")
        if any(alarm.alarm_arn == arn for alarm in self.cloudwatch_backend.alarms.values()):
            self.cloudwatch_backend.tagger.untag_resource_using_names(arn, self._get_param("TagKeys") or [])
            return EmptyResult()
        return super().untag_resource()

    def get_metric_data(self) -> ActionResult:
        """In place of moto's, which knows no expressions and counts each period through all data."""
        given = self._given("GetMetricData")
        within = Range(seconds(given["StartTime"]), seconds(given["EndTime"]))
        if within.start >= within.end:
            raise ValidationError("The parameter EndTime must be greater than StartTime.")
        if reason := next(_metric_mistakes(given["MetricDataQueries"]), None):
            raise ValidationError(reason)
        metrics = Metrics(self.cloudwatch_backend.get_all_metrics(), within)
        newest_first = given.get("ScanBy") != "TimestampAscending"
        found = results(given["MetricDataQueries"], metrics, newest_first=newest_first)
        return ActionResult({"MetricDataResults": list(found)})

    def put_dashboard(self) -> ActionResult:
        given = self._given("PutDashboard")
        name = given["DashboardName"]
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,255}", name):
            raise DashboardInvalidInputError(f"The value {name} for parameter DashboardName is not valid.")
        found = list(_dashboard_mistakes(given["DashboardBody"]))
        if found:
            listed = json.dumps([{"dataPath": path, "message": message} for path, message in found])
            raise DashboardInvalidInputError(
                f"The dashboard body is invalid, there are {len(found)} validation errors: {listed}"
            )
        return super().put_dashboard()

    def _given(self, operation: str) -> dict[str, Any]:
        given = dict(self._get_params())
        found = mistakes("cloudwatch", operation, given)
        if found:
            raise ValidationError(found)
        return given

    def _known(self, name: str) -> Alarm | None:
        return self.cloudwatch_backend.alarms.get(name)

    def _tags(self, name: str) -> dict[str, str]:
        known = self._known(name)
        return self.cloudwatch_backend.tagger.get_tag_dict_for_resource(known.alarm_arn) if known else {}

    def _carry_over(self, known: Alarm | None, tagged: dict[str, str], name: str) -> None:
        """moto makes a new alarm of each put, and takes tags that AWS ignores."""
        alarm = self.cloudwatch_backend.alarms[name]
        if known is None:
            alarm.state_value = "INSUFFICIENT_DATA"
            return
        for field in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history"):
            setattr(alarm, field, getattr(known, field))
        tagger = self.cloudwatch_backend.tagger
        tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        tagger.tag_resource(alarm.alarm_arn, tagger.convert_dict_to_tags_input(tagged))


def _attribute(name: str) -> str:
    """`ActionsSuppressor` is `actions_suppressor` where moto looks for it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def referenced(rule: str) -> list[str]:
    """The names of the alarms a composite alarm's rule speaks of."""
    names = [quoted or bare for quoted, bare in _REFERENCE.findall(rule)]
    return [name.rsplit(":alarm:", maxsplit=1)[-1] for name in names]


def _alarm_mistakes(given: dict[str, Any]) -> Iterator[str]:
    queries, metric = given.get("Metrics"), given.get("MetricName")
    if given.get("EvaluationCriteria"):
        return
    yield from _missing(given, "ComparisonOperator", "EvaluationPeriods")
    if queries and metric:
        yield "MetricName and Metrics list cannot both be specified."
    elif queries:
        yield from _query_mistakes(queries)
    elif metric:
        yield from _missing(given, "Namespace", "Period")
        if bool(given.get("Statistic")) == bool(given.get("ExtendedStatistic")):
            yield "Exactly one of Statistic and ExtendedStatistic must be specified."
    else:
        yield "Either MetricName or Metrics list must be specified."
    periods = [given.get("Period"), *((q.get("MetricStat") or q).get("Period") for q in queries or ())]
    for period in filter(None, periods):
        yield from _span_mistakes(period, given["EvaluationPeriods"])


def _missing(given: dict[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        if given.get(name) is None:
            yield f"The parameter {name} is required."


def _span_mistakes(period: int, evaluation_periods: int) -> Iterator[str]:
    limit, words = (WEEK, "seven days") if period >= HOUR else (DAY, "a day")
    if period * evaluation_periods > limit:
        yield (f"Metrics cannot be checked across more than {words} (EvaluationPeriods * Period must be <= {limit}).")


def _query_mistakes(queries: list[dict[str, Any]]) -> Iterator[str]:
    yield from _metric_mistakes(queries)
    if sum(1 for query in queries if query.get("ReturnData") is not False) != 1:
        yield "Exactly one element of the metrics list should return data."


def _metric_mistakes(queries: list[dict[str, Any]]) -> Iterator[str]:
    identifiers = [query["Id"] for query in queries]
    if len(set(identifiers)) != len(identifiers):
        yield "The values for parameter Id in Metrics must be unique."
    for query in queries:
        if not re.fullmatch(r"[a-z][0-9A-Za-z_]*", query["Id"]):
            yield f"The value {query['Id']} for parameter Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
        if bool(query.get("MetricStat")) == bool(query.get("Expression")):
            yield f"Exactly one of MetricStat and Expression must be specified for {query['Id']}."


def _dashboard_mistakes(body: str) -> Iterator[tuple[str, str]]:
    """(data path, message) of what AWS checks in every widget."""
    try:
        document = json.loads(body)
    except ValueError:
        yield "", "The field DashboardBody must be a valid JSON object"
        return
    if not isinstance(document, dict):
        yield "", "Should be object"
    elif not isinstance(document.get("widgets"), list):
        yield "", "Should have required property 'widgets'"
    else:
        for number, widget in enumerate(document["widgets"]):
            yield from _widget_mistakes(widget, f"/widgets/{number}")
        for number, variable in enumerate(document.get("variables", ())):
            yield from _variable_mistakes(variable, f"/variables/{number}")


def _variable_mistakes(variable: Any, at: str) -> Iterator[tuple[str, str]]:
    if not isinstance(variable, dict):
        yield at, "Should be object"
        return
    kind, chosen = variable.get("type"), variable.get("inputType")
    if kind not in {"property", "pattern"}:
        yield f"{at}/type", "Should be equal to one of the allowed values: property, pattern"
    if chosen not in {"input", "radio", "select"}:
        yield f"{at}/inputType", "Should be equal to one of the allowed values: input, radio, select"
    for name in ("id", str(kind)):
        if not variable.get(name):
            yield at, f"Should have required property '{name}'"
    if chosen in {"radio", "select"} and not (variable.get("values") or variable.get("search")):
        yield at, "Should have required property 'values'"


def _widget_mistakes(widget: Any, at: str) -> Iterator[tuple[str, str]]:
    if not isinstance(widget, dict):
        yield at, "Should be object"
        return
    for name in ("type", "properties"):
        if name not in widget:
            yield at, f"Should have required property '{name}'"
    for name, least, most in _GRID:
        if not least <= widget.get(name, least) <= most:
            yield f"{at}/{name}", f"Should be from {least} to {most}"
    yield from _property_mistakes(widget, f"{at}/properties")


# Widget type -> the properties it cannot do without.
_PROPERTIES: dict[str, tuple[str, ...]] = {"text": ("markdown",), "log": ("query",), "alarm": ("alarms",)}


def _property_mistakes(widget: dict[str, Any], at: str) -> Iterator[tuple[str, str]]:
    kind, properties = widget.get("type"), widget.get("properties") or {}
    for name in _PROPERTIES.get(str(kind), ()):
        if name not in properties:
            yield at, f"Should have required property '{name}'"
    if kind in {"metric", "log"} and "region" not in properties:
        yield at, "Should have required property 'region'"
    if kind == "metric" and not properties.keys() & {"metrics", "annotations"}:
        yield at, "Should have required property 'metrics'"
