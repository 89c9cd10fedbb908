"""Budgets behave as `pulumi-aws` has them, over the sandbox's AWS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import grpc
import pytest

from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.tests.cloud_harness import ACCOUNT, Cloud, check_identity, plugged
from sandbox.tests.plugins.plugin_harness import Refused, kinds, said

BUDGET = "aws:budgets/budget:Budget"

ALERTS = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
FULL: Props = {
    "comparisonOperator": "GREATER_THAN",
    "notificationType": "ACTUAL",
    "threshold": 80,
    "thresholdType": "PERCENTAGE",
    "subscriberSnsTopicArns": [ALERTS],
}
SOON: Props = FULL | {
    "notificationType": "FORECASTED",
    "threshold": 100,
    "subscriberEmailAddresses": ["lead@acme.example"],
}
MONTHLY: Props = {
    "name": "claude-code",
    "budgetType": "COST",
    "timeUnit": "MONTHLY",
    "limitAmount": "12000",
    "limitUnit": "USD",
    "costFilters": [{"name": "Service", "values": ["Amazon Bedrock"]}],
    "notifications": [FULL, SOON],
}


@pytest.fixture
def budgets(cloud: Cloud) -> Any:
    return cloud.aws.client("budgets")


def without(props: Props, *names: str) -> Props:
    return {name: value for name, value in props.items() if name not in names}


REFUSED = [
    (MONTHLY | {"name": "a:b"}, "name must not have : or \\: a:b"),
    (MONTHLY | {"name": "a" * 101}, "name takes at most 100"),
    (MONTHLY | {"budgetType": "MONEY"}, "budgetType must be one of USAGE, COST"),
    (MONTHLY | {"timeUnit": "WEEKLY"}, "timeUnit must be one of DAILY, MONTHLY"),
    (MONTHLY | {"limitAmount": "12,000"}, "limitAmount must be a number, as a text: 12,000"),
    (without(MONTHLY, "limitUnit"), "limitUnit is needed with limitAmount"),
    (MONTHLY | {"timePeriodStart": "2026-01-01"}, "timePeriodStart must be a time such as 2026-01-31_00:00"),
    (MONTHLY | {"accountId": "acme"}, "accountId must be an account's twelve digits"),
    (MONTHLY | {"notifications": [without(FULL, "subscriberSnsTopicArns")]}, "notifications[0] notifies nobody"),
    (MONTHLY | {"notifications": [FULL | {"comparisonOperator": ">"}]}, "comparisonOperator must be one of GREATER_THAN"),
    (MONTHLY | {"notifications": [FULL | {"subscriberSnsTopicArns": ["alerts"]}]}, "subscriberSnsTopicArns is not an ARN"),
    (MONTHLY | {"plannedLimits": [{"amount": "1", "startTime": "2026-01-01_00:00", "unit": "USD"}]}, "plannedLimits is beyond the stand-in"),
    (MONTHLY | {"amount": "1"}, "amount is not an input of this type"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "reason"), REFUSED)
def test_values_the_provider_refuses_are_refused_before_any_call(planner, inputs, reason):
    with pytest.raises(Refused) as refused:
        planner.check(BUDGET, "x", inputs)

    assert any(reason in failure for failure in refused.value.failures.values())


def test_a_budget_replaces_and_updates_as_in_the_identity_table(planner):
    check_identity(
        planner,
        BUDGET,
        MONTHLY,
        forcing={"name": "other", "accountId": "210987654321"},
        updating={"limitAmount": "13000", "timeUnit": "DAILY", "notifications": [FULL], "costFilters": []},
        delete_first=True,
    )


def test_a_preview_knows_nothing_that_only_aws_can_tell(planner):
    budget = planner.preview(BUDGET, "x", MONTHLY | {"notifications": [FULL | {"subscriberSnsTopicArns": [UNKNOWN]}]})

    assert {name for name, value in budget.items() if value is UNKNOWN} == {
        *("arn", "accountId", "costTypes", "timePeriodStart"),
    }
    assert budget["timePeriodEnd"] == "2087-06-15_00:00"


def test_a_budget_lives(engine, budgets):
    created = engine.create(BUDGET, "x", MONTHLY | {"tags": {"team": "a"}})
    fewer = FULL | {"subscriberEmailAddresses": ["finance@acme.example"]}
    wanted = MONTHLY | {"limitAmount": "13000.5", "notifications": [fewer], "tags": {"team": "b"}}

    assert created.id == f"{ACCOUNT}:claude-code"
    assert created.outputs["arn"] == f"arn:aws:budgets::{ACCOUNT}:budget/claude-code"
    assert created.outputs["limitAmount"] == "12000", "AWS says 12000.0"
    assert created.outputs["timePeriodStart"] == datetime.now(UTC).strftime("%Y-%m-01_00:00")
    assert created.outputs["costTypes"]["includeTax"] is True
    reordered = MONTHLY | {"limitAmount": "12000.00", "notifications": [SOON, FULL], "tags": {"team": "a"}}
    assert kinds(engine.changes(created, reordered)) == {}
    updated = engine.update(created, wanted)
    place = {"AccountId": ACCOUNT, "BudgetName": "claude-code"}
    assert budgets.describe_budget(**place)["Budget"]["BudgetLimit"] == {"Amount": "13000.5", "Unit": "USD"}
    notifications = budgets.describe_notifications_for_budget(**place)["Notifications"]
    assert [(one["NotificationType"], one["Threshold"]) for one in notifications] == [("ACTUAL", 80)]
    listed = budgets.list_tags_for_resource(ResourceARN=created.outputs["arn"])["ResourceTags"]
    assert listed == [{"Key": "team", "Value": "b"}]
    imported = engine.import_(BUDGET, "x", created.id)
    assert imported
    assert kinds(engine.changes(imported, wanted)) == {}
    engine.delete(updated)
    engine.delete(updated)
    assert engine.refresh(updated) is None


def test_a_cost_type_that_is_left_out_has_its_default(engine, budgets):
    engine.create(BUDGET, "x", MONTHLY | {"costTypes": {"includeTax": False}})

    types = budgets.describe_budget(AccountId=ACCOUNT, BudgetName="claude-code")["Budget"]["CostTypes"]
    assert (types["IncludeTax"], types["IncludeCredit"], types["UseBlended"]) == (False, True, False)


def test_a_notification_deleted_by_hand_comes_back(engine, budgets):
    created = engine.create(BUDGET, "x", MONTHLY)
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0, "ThresholdType": "PERCENTAGE"}  # fmt: skip
    budgets.delete_notification(AccountId=ACCOUNT, BudgetName="claude-code", Notification=notification)

    refreshed = engine.refresh(created)
    assert refreshed
    assert kinds(engine.changes(refreshed, MONTHLY))
    again = engine.update(refreshed, MONTHLY)
    assert len(again.outputs["notifications"]) == 2


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (MONTHLY, "CreateBudget: DuplicateRecordException: Error creating budget: claude-code - the budget already exists."),
        (MONTHLY | {"name": "b", "accountId": "210987654321"}, "CreateBudget: AccessDeniedException"),
        (without(MONTHLY, "limitAmount", "limitUnit") | {"name": "b"}, "CreateBudget: InvalidParameterException: Unable to create/update budget"),
        (MONTHLY | {"name": "b", "notifications": [FULL | {"subscriberSnsTopicArns": [ALERTS, f"{ALERTS}2"]}]}, "CreateNotification: CreationLimitExceededException"),
        (MONTHLY | {"name": "b", "notifications": [FULL | {"subscriberEmailAddresses": ["lead"]}]}, "CreateNotification: InvalidParameterException: Invalid address"),
    ],
)  # fmt: skip
def test_a_budget_aws_cannot_make_is_an_error_in_its_words(engine, inputs, reason):
    engine.create(BUDGET, "first", MONTHLY)

    with pytest.raises(grpc.RpcError) as error:
        engine.create(BUDGET, "x", inputs)

    assert reason in said(error.value)


def test_budgets_survive_a_restart(tmp_path):
    with plugged(tmp_path) as cloud:
        made = cloud.engine.create(BUDGET, "x", MONTHLY | {"tags": {"team": "a"}})
    with plugged(tmp_path) as cloud:
        found = cloud.engine.refresh(made)

    assert found
    assert found.outputs == made.outputs
