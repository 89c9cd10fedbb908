"""Filters, saved queries and data protection of log groups behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import grpc
import pytest

from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.cloud_harness import ACCOUNT, Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Refused, kinds, said

METRIC = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
SUBSCRIPTION = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"
QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"
PROTECTION = "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy"

GROUP = "/claude-code/pilot/usage"
METER = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:meter"
ERRORS: Props = {
    "name": "errors",
    "logGroupName": GROUP,
    "pattern": '{ $.error = "*" }',
    "metricTransformation": {"name": "Errors", "namespace": "ClaudeCode", "value": "1", "defaultValue": "0"},
}
TO_METER: Props = {"name": "meter", "logGroup": GROUP, "destinationArn": METER, "filterPattern": ""}
SPEND: Props = {"name": "claude-code/spend", "queryString": "stats sum(usd) by user_id", "logGroupNames": [GROUP]}
EMAIL = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"
MASK: Props = {
    "Name": "mask",
    "Version": "2021-06-01",
    "Statement": [
        {"Sid": "audit", "DataIdentifier": [EMAIL], "Operation": {"Audit": {"FindingsDestination": {}}}},
        {"Sid": "mask", "DataIdentifier": [EMAIL], "Operation": {"Deidentify": {"MaskConfig": {}}}},
    ],
}
MASKED: Props = {"logGroupName": GROUP, "policyDocument": json.dumps(MASK)}


@pytest.fixture
def cloud(tmp_path: Path) -> Generator[Cloud]:
    with plugged(tmp_path) as cloud:
        cloud.aws.client("logs").create_log_group(logGroupName=GROUP)
        yield cloud


@pytest.fixture
def logs(cloud: Cloud) -> Any:
    return cloud.aws.client("logs")


def transformed(**changes: Any) -> Props:
    return ERRORS | {"metricTransformation": ERRORS["metricTransformation"] | changes}


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


@pytest.fixture
def meter(cloud: Cloud) -> Any:
    """The meter's function, which nobody may invoke yet."""
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    role = cloud.aws.client("iam").create_role(
        RoleName="meter", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"} | trust)
    )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("meter.py", "def handler(event, context): ...")
    functions = cloud.aws.client("lambda")
    functions.create_function(
        FunctionName="meter",
        Role=role["Role"]["Arn"],
        Runtime="python3.12",
        Handler="meter.handler",
        Code={"ZipFile": code.getvalue()},
    )
    return functions  # fmt: skip


def permit(functions: Any, **changes: Any) -> None:
    wanted = {"SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}:*", "Principal": "logs.amazonaws.com"}
    functions.add_permission(
        FunctionName="meter", StatementId="logs", Action="lambda:InvokeFunction", **(wanted | changes)
    )


def test_a_subscription_filter_lives(engine, logs, meter):
    permit(meter)
    created = engine.create(SUBSCRIPTION, "meter", TO_METER)
    wanted = TO_METER | {"filterPattern": "usd", "distribution": "Random", "emitSystemFields": ["@aws.account"]}
    updated = engine.update(created, wanted)

    assert created.id.startswith("cwlsf-")
    found = logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"]
    assert [(one["filterPattern"], one["distribution"]) for one in found] == [("usd", "Random")]
    refreshed = engine.refresh(updated)
    assert refreshed
    assert kinds(engine.changes(refreshed, wanted)) == {}
    imported = engine.import_(SUBSCRIPTION, "meter", f"{GROUP}|meter")
    assert imported
    assert imported.id == created.id
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


@pytest.mark.parametrize("wrong", [{"SourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:other:*"}, {"Principal": "events.amazonaws.com"}])  # fmt: skip
def test_a_function_that_logs_may_not_invoke_gets_no_events(engine, meter, wrong):
    permit(meter, **wrong)

    with pytest.raises(grpc.RpcError) as error:
        engine.create(SUBSCRIPTION, "meter", TO_METER)

    assert "PutSubscriptionFilter: InvalidParameterException: Could not execute the lambda function." in said(
        error.value
    )


def test_a_group_has_two_subscribers_at_most_and_each_can_be_changed(engine, meter):
    permit(meter)
    engine.create(SUBSCRIPTION, "one", TO_METER)
    two = engine.create(SUBSCRIPTION, "two", TO_METER | {"name": "two"})

    engine.update(two, TO_METER | {"name": "two", "filterPattern": "usd"})
    with pytest.raises(grpc.RpcError) as error:
        engine.create(SUBSCRIPTION, "three", TO_METER | {"name": "three"})

    assert "PutSubscriptionFilter: LimitExceededException: Resource limit exceeded." in said(error.value)


def test_a_saved_query_lives_and_is_renamed_in_place(engine, logs):
    created = engine.create(QUERY, "spend", SPEND)
    wanted = {"name": "claude-code/usd", "queryString": "fields @message"}
    updated = engine.update(created, wanted)

    assert created.outputs["queryDefinitionId"] == created.id
    assert created.outputs["arn"] == f"arn:aws:logs:us-east-1:{ACCOUNT}:query-definition:{created.id}"
    found = logs.describe_query_definitions()["queryDefinitions"]
    assert [(one["queryDefinitionId"], one["name"], one["logGroupNames"]) for one in found] == [
        (created.id, "claude-code/usd", [])
    ]
    imported = engine.import_(QUERY, "spend", updated.outputs["arn"])
    assert imported
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_saved_query_named_by_the_engine_keeps_its_name(engine):
    created = engine.create(QUERY, "spend", {"queryString": "fields @message"})
    again = engine.update(created, {"queryString": "fields @timestamp"})

    assert created.outputs["name"].startswith("spend-")
    assert again.outputs["name"] == created.outputs["name"]


def test_an_import_that_is_no_arn_says_what_is_wanted(engine):
    with pytest.raises(grpc.RpcError) as error:
        engine.import_(QUERY, "spend", "claude-code/spend")

    assert said(error.value) == "a query definition is imported by its ARN: claude-code/spend"


def test_a_data_protection_policy_lives(engine, logs):
    created = engine.create(PROTECTION, "mask", MASKED)
    spaced = MASKED | {"policyDocument": json.dumps(MASK, indent=2, sort_keys=True)}

    assert created.id == GROUP
    assert kinds(engine.changes(created, spaced)) == {}, "white space means nothing"
    refreshed = engine.refresh(created)
    assert refreshed
    assert refreshed.outputs == created.outputs
    assert engine.import_(PROTECTION, "mask", GROUP)
    engine.delete(created)
    engine.delete(created)
    assert "policyDocument" not in logs.get_data_protection_policy(logGroupIdentifier=GROUP)
    assert engine.refresh(created) is None


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, "it is not a JSON document with statements"),
        (MASK | {"Version": "2012-10-17"}, "it needs a Name and the Version 2021-06-01"),
        (MASK | {"Statement": MASK["Statement"][:1]}, "one statement that audits and one that de-identifies"),
        (MASK | {"Statement": [MASK["Statement"][0], MASK["Statement"][1] | {"DataIdentifier": ["x"]}]}, "must be the same"),
        (MASK | {"Statement": [MASK["Statement"][0], MASK["Statement"][1] | {"Operation": {"Deidentify": {}}}]}, "Deidentify needs an empty MaskConfig"),
    ],
)  # fmt: skip
def test_a_policy_that_protects_nothing_is_refused_by_aws(engine, document, reason):
    with pytest.raises(grpc.RpcError) as error:
        engine.create(PROTECTION, "mask", MASKED | {"policyDocument": json.dumps(document)})

    assert "PutDataProtectionPolicy: InvalidParameterException: " in said(error.value)
    assert reason in said(error.value)


def test_filters_queries_and_policies_survive_a_restart(tmp_path):
    with plugged(tmp_path) as cloud:
        cloud.aws.client("logs").create_log_group(logGroupName=GROUP)
        wanted = ((METRIC, ERRORS), (QUERY, SPEND), (PROTECTION, MASKED))
        made = [cloud.engine.create(token, "x", inputs) for token, inputs in wanted]
    with plugged(tmp_path) as cloud:
        found = [cloud.engine.refresh(resource) for resource in made]

    assert [resource and resource.outputs for resource in found] == [resource.outputs for resource in made]
