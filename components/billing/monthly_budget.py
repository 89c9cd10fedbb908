"""AWS's own count of the month's cost, beside the meter's: hours late, and what the invoice says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.model.budgets import BilledAs
from rollout.model.rollout import Rollout

# Of one notification (AWS Budgets, `Subscribers`).
ADDRESSES_AT_MOST = 10


@dataclass(frozen=True, kw_only=True)
class MonthlyBudgetArgs:
    rollout: Rollout


class MonthlyBudget(pulumi.ComponentResource):
    """An AWS Budget of the month, told of to finance at the alert's share and when the forecast is past the whole."""

    def __init__(self, name: str, args: MonthlyBudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:MonthlyBudget", name, {}, opts)
        rollout = args.rollout
        tags = {"organization": rollout.organization.name}
        if rollout.budgets.monthly_usd and not rollout.adopt.meter:
            aws.budgets.Budget(
                f"{name}-month",
                name=names.BUDGET,
                budget_type="COST",
                time_unit="MONTHLY",
                limit_amount=f"{rollout.budgets.monthly_usd:.2f}",
                limit_unit="USD",
                cost_filters=[{"name": dimension, "values": values} for dimension, values in _filters(rollout).items()],
                notifications=_notifications(rollout),
                tags=tags,
                opts=pulumi.ResourceOptions(parent=self),
            )


def _filters(rollout: Rollout) -> Mapping[str, Sequence[str]]:
    """Claude is sold on Bedrock by way of AWS Marketplace, so the service `Amazon Bedrock` does not have its cost."""
    match rollout.budgets.billed_as:
        case BilledAs.MARKETPLACE:
            return {"BillingEntity": ["AWS Marketplace"]}
        case BilledAs.TAGS:
            return {"TagKeyValue": [f"user:organization${rollout.organization.name}"]}
        case BilledAs.ACCOUNT:
            return {}


def _notifications(rollout: Rollout) -> list[aws.budgets.BudgetNotificationArgs]:
    addresses = list(rollout.notify.email.get("finance", ()))[:ADDRESSES_AT_MOST]
    kinds = {"ACTUAL": rollout.budgets.alert_at * 100, "FORECASTED": 100.0}
    return [
        aws.budgets.BudgetNotificationArgs(
            comparison_operator="GREATER_THAN",
            notification_type=kind,
            threshold=threshold,
            threshold_type="PERCENTAGE",
            subscriber_email_addresses=addresses,
        )
        for kind, threshold in (kinds.items() if addresses else ())
    ]
