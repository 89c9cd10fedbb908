"""Cost Anomaly Detection: there where the stack file asks for it, told of to finance, and to nobody of another account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import recording, stacks
from tests.registrations import Recorded

MONITOR = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
SUBSCRIPTION = "aws:costexplorer/anomalySubscription:AnomalySubscription"
POLICY = "aws:sns/topicPolicy:TopicPolicy"
FINANCE = "arn:aws:sns:us-east-1:123456789012:claude-code-finance"
THERE = "arn:aws:ce::123456789012:anomalymonitor/1a2b3c4d-0000-4000-8000-123456789012"


def recorded(**budgets: Any) -> Recorded:
    return recording.run(stacks.config(stacks.small() | {"budgets": budgets}))


def test_nothing_is_watched_unless_it_is_asked_for() -> None:
    found = recorded(monthly_usd=12_000)
    assert not [*found.of(MONITOR), *found.of(SUBSCRIPTION), *found.of(POLICY)]


@pytest.mark.parametrize(("usd", "written"), [(50, "50"), (0.5, "0.50"), (1_000_000, "1000000")])
def test_finance_is_told_at_once_of_what_costs_that_much_more_than_expected(usd: float, written: str) -> None:
    found = recorded(anomaly_usd=usd)
    (monitor,), (subscription,), (policy,) = (found.of(kind) for kind in (MONITOR, SUBSCRIPTION, POLICY))
    assert (monitor.inputs["monitorType"], monitor.inputs["monitorDimension"]) == ("DIMENSIONAL", "SERVICE")
    assert monitor.urn in subscription.depends_on
    said = subscription.inputs
    assert (said["frequency"], said["subscribers"]) == ("IMMEDIATE", [{"type": "SNS", "address": FINANCE}])
    assert said["thresholdExpression"]["dimension"] == {
        "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
        "matchOptions": ["GREATER_THAN_OR_EQUAL"],
        "values": [written],
    }
    assert policy.urn in subscription.depends_on
    assert {each.inputs["tags"]["organization"] for each in (monitor, subscription)} == {"acme"}


def test_a_monitor_that_is_there_is_used_and_none_is_made() -> None:
    found = recorded(anomaly_usd=50, anomaly_monitor=THERE)
    (subscription,) = found.of(SUBSCRIPTION)
    assert not found.of(MONITOR)
    assert subscription.inputs["monitorArnLists"] == [THERE]


def test_only_alarms_and_anomalies_of_this_account_are_published_to_finance() -> None:
    (policy,) = recorded(anomaly_usd=50).of(POLICY)
    statements = json.loads(policy.inputs["policy"])["Statement"]
    assert [each["Principal"] for each in statements] == [
        {"Service": "cloudwatch.amazonaws.com"},
        {"Service": "costalerts.amazonaws.com"},
    ]
    for each in statements:
        assert (each["Effect"], each["Action"], each["Resource"]) == ("Allow", ["sns:Publish"], [FINANCE])
        assert each["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
