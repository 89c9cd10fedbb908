"""Subscriptions, saved queries and data protection of log groups."""

from __future__ import annotations

import json
from typing import Any

import grpc
import pytest

from sandbox.tests.cloud_harness import ACCOUNT, plugged
from sandbox.tests.plugins.logs.logs_harness import (
    ERRORS,
    GROUP,
    MASK,
    MASKED,
    METRIC,
    PROTECTION,
    QUERY,
    SPEND,
    SUBSCRIPTION,
    TO_METER,
)
from sandbox.tests.plugins.plugin_harness import kinds, said


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
