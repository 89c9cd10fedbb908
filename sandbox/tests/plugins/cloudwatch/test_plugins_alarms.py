"""Alarms and dashboards: what is refused, what replaces, and the life of alarms."""

from __future__ import annotations

import grpc
import pytest

from sandbox.plugins.framework.values import UNKNOWN
from sandbox.tests.cloud_harness import ACCOUNT, check_identity
from sandbox.tests.plugins.cloudwatch.cloudwatch_harness import (
    ALARM,
    ALERTS,
    BOARD,
    COMPOSITE,
    DASHBOARD,
    EITHER,
    ERRORS,
    PAGER,
    QUERIES,
    SPEND,
    without,
)
from sandbox.tests.plugins.plugin_harness import Refused, kinds, said

REFUSED = [
    (ALARM, SPEND | {"name": "a" * 256}, "name takes at most 255 characters"),
    (ALARM, SPEND | {"alarmDescription": "a" * 1025}, "alarmDescription takes at most 1024"),
    (ALARM, SPEND | {"period": 45}, "period must be 10, 20, 30 or a multiple of 60: 45"),
    (ALARM, SPEND | {"comparisonOperator": ">"}, "comparisonOperator must be one of GreaterThanOrEqualToThreshold"),
    (ALARM, SPEND | {"treatMissingData": "fine"}, "treatMissingData must be one of breaching, notBreaching"),
    (ALARM, SPEND | {"okActions": [f"{ALERTS}{n}" for n in range(6)]}, "okActions takes at most 5 items, has 6"),
    (ALARM, SPEND | {"alarmActions": ["alerts"]}, "alarmActions is not an ARN: alerts"),
    (ALARM, SPEND | {"unit": "USD"}, "unit must be one of Seconds"),
    (ALARM, SPEND | {"namespace": ":x"}, "namespace must match"),
    (ALARM, SPEND | {"evaluationPeriods": 0}, "evaluationPeriods must be from 1"),
    (ALARM, SPEND | {"metricQueries": QUERIES}, "metricName conflicts with metricQueries"),
    (ALARM, SPEND | {"extendedStatistic": "p99"}, "statistic is needed with metricName"),
    (ALARM, without(SPEND, "statistic"), "statistic is needed with metricName"),
    (ALARM, without(SPEND, "metricName"), "metricName is missing: set metricName or metricQueries"),
    (ALARM, without(SPEND, "evaluationPeriods"), "evaluationPeriods is required"),
    (ALARM, without(SPEND, "comparisonOperator"), "comparisonOperator is required"),
    (ALARM, without(SPEND, "statistic") | {"extendedStatistic": "median"}, "extendedStatistic must be a percentile"),
    (ALARM, ERRORS | {"thresholdMetricId": "ratio"}, "threshold conflicts with thresholdMetricId"),
    (ALARM, ERRORS | {"metricQueries": [QUERIES[1] | {"expression": "x"}]}, "metricQueries[0].expression conflicts with metric"),
    (ALARM, ERRORS | {"metricQueries": [{"id": "x", "metric": {"metricName": "m", "period": 7, "stat": "Sum"}}]}, "metricQueries[0].metric.period must be 10"),
    (ALARM, SPEND | {"evaluationWindow": {"wallClockWindow": {}}}, "evaluationWindow is beyond the stand-in plug-in"),
    (ALARM, SPEND | {"alarmName": "x"}, "alarmName is not an input of this type"),
    (COMPOSITE, EITHER | {"alarmRule": "x" * 10_241}, "alarmRule takes at most 10240"),
    (COMPOSITE, EITHER | {"alarmActions": [f"{ALERTS}{n}" for n in range(6)]}, "alarmActions takes at most 5"),
    (COMPOSITE, without(EITHER, "alarmRule"), "alarmRule is required"),
    (DASHBOARD, BOARD | {"dashboardName": "claude code"}, "dashboardName must have only letters, digits and _-"),
    (DASHBOARD, BOARD | {"dashboardBody": "{"}, "dashboardBody is not JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(planner, token, inputs, reason):
    with pytest.raises(Refused) as refused:
        planner.check(token, "pilot", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


IDENTITY = [
    (
        ALARM,
        SPEND,
        {"name": "other", "region": "eu-west-1"},
        {"threshold": 60, "actionsEnabled": False, "alarmDescription": "d", "dimensions": {"cohort": "two"}},
        True,
    ),
    (
        COMPOSITE,
        EITHER,
        {"alarmName": "other", "actionsEnabled": False},
        {"alarmRule": "TRUE", "alarmDescription": "d", "okActions": [ALERTS]},
        False,
    ),
    (DASHBOARD, BOARD, {"dashboardName": "other"}, {"dashboardBody": '{"widgets":[]}'}, False),
]


@pytest.mark.parametrize(("token", "inputs", "forcing", "updating", "delete_first"), IDENTITY)
def test_each_type_replaces_and_updates_as_in_the_identity_table(
    planner, token, inputs, forcing, updating, delete_first
):
    check_identity(planner, token, inputs, forcing=forcing, updating=updating, delete_first=delete_first)


def test_a_preview_knows_the_defaults_and_nothing_that_only_aws_can_tell(planner):
    alarm = planner.preview(ALARM, "spend", SPEND | {"dimensions": {"ModelId": UNKNOWN}, "okActions": UNKNOWN})
    board = planner.preview(DASHBOARD, "board", BOARD | {"dashboardBody": UNKNOWN})

    assert (alarm["treatMissingData"], alarm["actionsEnabled"]) == ("missing", True)
    assert {name for name, value in alarm.items() if value is UNKNOWN} == {
        *("arn", "evaluateLowSampleCountPercentiles", "okActions"),
    }
    assert {name for name, value in board.items() if value is UNKNOWN} == {"dashboardArn", "dashboardBody"}


def test_an_alarm_on_a_metric_lives(engine, cloudwatch):
    created = engine.create(ALARM, "spend", SPEND | {"tags": {"team": "a"}})
    cloudwatch.set_alarm_state(AlarmName="pilot-spend", StateValue="ALARM", StateReason="test")
    wanted = SPEND | {"threshold": 60.5, "alarmActions": [PAGER], "tags": {"team": "b"}}
    updated = engine.update(created, wanted)

    assert created.id == "pilot-spend"
    assert created.outputs["arn"] == f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:pilot-spend"
    assert created.outputs["dimensions"] == {"cohort": "pilot"}
    assert kinds(engine.changes(created, SPEND | {"alarmActions": [PAGER, ALERTS], "tags": {"team": "a"}})) == {}
    found = cloudwatch.describe_alarms()["MetricAlarms"][0]
    assert (found["Threshold"], found["StateValue"]) == (60.5, "ALARM"), "a change keeps the state"
    assert cloudwatch.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"] == [{"Key": "team", "Value": "b"}]
    imported = engine.import_(ALARM, "spend", "pilot-spend")
    assert imported
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_tag_alone_puts_no_alarm_anew(engine, cloud):
    created = engine.create(ALARM, "spend", SPEND)
    cloud.aws.control("DELETE", "calls")

    engine.update(created, SPEND | {"tags": {"team": "a"}})

    operations = [call["operation"] for call in cloud.aws.control("GET", "calls")]
    assert "TagResource" in operations
    assert "PutMetricAlarm" not in operations


def test_an_alarm_on_arithmetic_of_metrics_lives(engine):
    created = engine.create(ALARM, "errors", ERRORS)
    shuffled = ERRORS | {"metricQueries": [QUERIES[2], QUERIES[0], QUERIES[1]]}
    fewer = ERRORS | {"metricQueries": [QUERIES[1] | {"returnData": True}]}

    assert kinds(engine.changes(created, shuffled)) == {}, "order means nothing"
    refreshed = engine.refresh(created)
    assert refreshed
    assert kinds(engine.changes(refreshed, ERRORS)) == {}
    assert all(path.startswith("metricQueries") for path in kinds(engine.changes(created, fewer)))
    imported = engine.import_(ALARM, "errors", "pilot-errors")
    assert imported
    assert kinds(engine.changes(imported, ERRORS)) == {}
    updated = engine.update(created, fewer)
    assert [query["id"] for query in updated.outputs["metricQueries"]] == ["errors"]


def test_a_refresh_takes_the_inputs_of_queries_from_state_place_by_place(engine):
    """Which mixes two up that are declared in another order than state's."""
    ordered = ERRORS | {"metricQueries": [QUERIES[2], QUERIES[1], QUERIES[0]]}
    declared = engine.create(ALARM, "errors", ordered)
    refreshed = engine.refresh(declared)
    assert refreshed
    assert refreshed.inputs == declared.inputs
    assert [query["id"] for query in refreshed.outputs["metricQueries"]] == ["calls", "errors", "ratio"]

    mixed = engine.refresh(
        engine.create(ALARM, "errors", ERRORS | {"metricQueries": [QUERIES[1], QUERIES[2], QUERIES[0]]})
    )
    assert mixed
    second = mixed.inputs["metricQueries"][1]
    assert (second["id"], second["metric"].get("dimensions")) == ("errors", None), "calls were declared without, there"
    assert kinds(engine.changes(mixed, ERRORS)) == {}, "state is right all the same"


def test_an_alarm_that_exists_is_taken_over(engine, cloudwatch):
    engine.create(ALARM, "spend", SPEND)
    engine.create(ALARM, "again", SPEND | {"threshold": 1})

    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["Threshold"] == 1


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (SPEND | {"evaluationPeriods": 200}, "more than seven days (EvaluationPeriods * Period must be <= 604800)"),
        (SPEND | {"period": 60, "evaluationPeriods": 1441}, "more than a day (EvaluationPeriods * Period must be <= 86400)"),
        (without(SPEND, "namespace"), "The parameter Namespace is required."),
        (ERRORS | {"metricQueries": QUERIES[1:]}, "Exactly one element of the metrics list should return data."),
        (ERRORS | {"metricQueries": [QUERIES[1] | {"id": "Errors", "returnData": True}]}, "The value Errors for parameter Id"),
        (ERRORS | {"metricQueries": [QUERIES[0], QUERIES[0]]}, "must be unique"),
    ],
)  # fmt: skip
def test_an_alarm_that_cannot_be_evaluated_is_refused_by_aws(engine, inputs, reason):
    with pytest.raises(grpc.RpcError) as error:
        engine.create(ALARM, "spend", inputs)

    assert said(error.value).startswith("PutMetricAlarm: ValidationError: ")
    assert reason in said(error.value)


def test_a_composite_alarm_lives_and_holds_the_alarms_it_is_made_of(engine, cloudwatch):
    parts = [engine.create(ALARM, "spend", SPEND), engine.create(ALARM, "errors", ERRORS)]
    suppressor = {"alarm": "pilot-spend", "waitPeriod": 60, "extensionPeriod": 120}
    created = engine.create(COMPOSITE, "any", EITHER | {"actionsSuppressor": suppressor, "tags": {"team": "a"}})

    assert created.id == "pilot-any"
    assert created.outputs["actionsSuppressor"] == suppressor
    assert created.outputs["tags"] == {"team": "a"}
    assert engine.refresh(created).outputs == created.outputs
    assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == [
        "pilot-spend",
        "pilot-errors",
    ]
    with pytest.raises(grpc.RpcError) as error:
        engine.delete(parts[0])
    assert "Cannot delete pilot-spend as there are composite alarm(s) depending on it." in said(error.value)
    updated = engine.update(created, EITHER | {"alarmRule": "ALARM(pilot-errors)"})
    assert "actionsSuppressor" not in updated.outputs
    imported = engine.import_(COMPOSITE, "any", "pilot-any")
    assert imported
    assert imported.inputs["alarmRule"] == "ALARM(pilot-errors)"
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None
    engine.delete(parts[0])


def test_a_composite_alarm_on_alarms_that_are_not_there_is_refused_by_aws(engine):
    with pytest.raises(grpc.RpcError) as error:
        engine.create(COMPOSITE, "any", EITHER)

    assert "alarms [pilot-spend, pilot-errors] do not exist" in said(error.value)
