"""What is made of log events: what is refused, what replaces, and metric filters."""

from __future__ import annotations

import grpc
import pytest

from sandbox.plugins.framework.values import UNKNOWN
from sandbox.tests.cloud_harness import ACCOUNT, check_identity
from sandbox.tests.plugins.logs.logs_harness import (
    ERRORS,
    GROUP,
    MASKED,
    METER,
    METRIC,
    PROTECTION,
    QUERY,
    SPEND,
    SUBSCRIPTION,
    TO_METER,
    transformed,
)
from sandbox.tests.plugins.plugin_harness import Refused, kinds, said

REFUSED = [
    (METRIC, ERRORS | {"name": "a:b"}, "name must not have : or *: a:b"),
    (METRIC, ERRORS | {"pattern": "a" * 1025}, "pattern takes at most 1024"),
    (METRIC, ERRORS | {"logGroupName": "a b"}, "logGroupName must have only letters"),
    (METRIC, transformed(name="a$b"), "metricTransformation.name must match"),
    (METRIC, transformed(namespace="a" * 256), "metricTransformation.namespace takes at most 255"),
    (METRIC, transformed(value="1" * 101), "metricTransformation.value takes at most 100"),
    (METRIC, transformed(unit="USD"), "metricTransformation.unit must be one of"),
    (METRIC, transformed(defaultValue="none"), "metricTransformation.defaultValue must be a number"),
    (METRIC, {"name": "x"}, "metricTransformation is required"),
    (SUBSCRIPTION, TO_METER | {"destinationArn": "meter"}, "destinationArn is not an ARN: meter"),
    (SUBSCRIPTION, TO_METER | {"distribution": "Even"}, "distribution must be one of Random, ByLogStream"),
    (SUBSCRIPTION, TO_METER | {"emitSystemFields": ["@aws.zone"]}, "emitSystemFields must be one of @aws.account"),
    (SUBSCRIPTION, TO_METER | {"filterPattern": "a" * 1025}, "filterPattern takes at most 1024"),
    (QUERY, SPEND | {"name": "/spend"}, "name must not start or end with /"),
    (QUERY, SPEND | {"name": "spend*"}, "name must not have : or *"),
    (QUERY, SPEND | {"queryString": ""}, "queryString needs at least 1"),
    (QUERY, SPEND | {"queryString": "a" * 10_001}, "queryString takes at most 10000"),
    (QUERY, SPEND | {"logGroups": []}, "logGroups is not an input of this type"),
    (PROTECTION, MASKED | {"policyDocument": "{"}, "policyDocument is not JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(planner, token, inputs, reason):
    with pytest.raises(Refused) as refused:
        planner.check(token, "x", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


IDENTITY = [
    (METRIC, ERRORS, {"name": "other", "logGroupName": "g"}, {"pattern": "x", "metricTransformation": transformed(value="2")["metricTransformation"]}, True),
    (SUBSCRIPTION, TO_METER, {"name": "other", "logGroup": "g", "destinationArn": f"{METER}2"}, {"filterPattern": "x", "distribution": "Random", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}, True),
    (QUERY, SPEND, {}, {"name": "other", "queryString": "fields @message", "logGroupNames": ["g"]}, False),
    (PROTECTION, MASKED, {"logGroupName": "g"}, {"policyDocument": "{}"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "forcing", "updating", "delete_first"), IDENTITY)
def test_each_type_replaces_and_updates_as_in_the_identity_table(
    planner, token, inputs, forcing, updating, delete_first
):
    check_identity(planner, token, inputs, forcing=forcing, updating=updating, delete_first=delete_first)


def test_a_subscription_filter_named_by_the_engine_is_deleted_first_all_the_same(planner):
    unnamed = {name: value for name, value in TO_METER.items() if name != "name"}
    checked = planner.check(SUBSCRIPTION, "meter", unnamed)

    assert checked["name"].startswith("meter-")
    check_identity(
        planner, SUBSCRIPTION, unnamed, forcing={"destinationArn": f"{METER}2"}, updating={}, delete_first=True
    )


def test_a_preview_knows_nothing_that_only_aws_can_tell(planner):
    query = planner.preview(QUERY, "spend", SPEND | {"queryString": UNKNOWN})
    subscription = planner.preview(SUBSCRIPTION, "meter", TO_METER | {"destinationArn": UNKNOWN})

    assert {name for name, value in query.items() if value is UNKNOWN} == {"arn", "queryDefinitionId", "queryString"}
    assert subscription["distribution"] == "ByLogStream"
    assert subscription["destinationArn"] is UNKNOWN


def test_a_metric_filter_lives(engine, logs):
    created = engine.create(METRIC, "errors", ERRORS | {"pattern": f" {ERRORS['pattern']} "})
    counted = transformed(value="$.tokens", unit="Count", dimensions={"user": "$.user_id"}, defaultValue=None)
    updated = engine.update(created, counted)

    assert created.id == "errors"
    assert created.outputs["pattern"] == ERRORS["pattern"]
    assert created.outputs["metricTransformation"]["defaultValue"] == "0"
    assert kinds(engine.changes(created, ERRORS)) == {}
    found = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    assert [one["metricTransformations"] for one in found] == [
        [{"metricName": "Errors", "metricNamespace": "ClaudeCode", "metricValue": "$.tokens", "unit": "Count", "dimensions": {"user": "$.user_id"}}]
    ]  # fmt: skip
    imported = engine.import_(METRIC, "errors", f"{GROUP}:errors")
    assert imported
    assert imported.id == "errors"
    assert kinds(engine.changes(imported, counted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_metric_filter_goes_with_its_group(engine, logs):
    created = engine.create(METRIC, "errors", ERRORS)
    logs.delete_log_group(logGroupName=GROUP)

    assert engine.refresh(created) is None
    engine.delete(created)
    logs.create_log_group(logGroupName=GROUP)
    assert engine.refresh(created) is None


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (ERRORS | {"logGroupName": "none"}, "ResourceNotFoundException: The specified log group does not exist."),
        (transformed(dimensions={"user": "$.user_id"}), "dimensions and default value are mutually exclusive"),
        (transformed(dimensions={f"d{n}": "$.x" for n in range(4)}, defaultValue=None), "at most 3 dimensions"),
        (transformed(value="many"), "the metric value is neither a number nor a field: many"),
    ],
)
def test_a_metric_filter_that_cannot_count_is_refused_by_aws(engine, inputs, reason):
    with pytest.raises(grpc.RpcError) as error:
        engine.create(METRIC, "errors", inputs)

    assert said(error.value).startswith("PutMetricFilter: ")
    assert reason in said(error.value)
