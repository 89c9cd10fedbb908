"""AWS's own watch over the bill: what costs more than it learnt to expect, told of to finance."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.functions.audiences import Audiences
from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.notices.documents import topic_policy

AUDIENCE = "finance"


@dataclass(frozen=True, kw_only=True)
class CostAnomaliesArgs:
    """`rollout`: with `budgets.anomaly_usd`. `audiences`: with topics of its own."""

    account: Account
    rollout: Rollout
    audiences: Audiences


class CostAnomalies(pulumi.ComponentResource):
    """A monitor of all services, since AWS lets nobody watch a single one, and a subscription to it by finance's topic.

    A monitor that the stack file names is used as it is, and never changed.
    """

    def __init__(self, name: str, args: CostAnomaliesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:CostAnomalies", name, {}, opts)
        budgets, child = args.rollout.budgets, pulumi.ResourceOptions(parent=self)
        assert budgets.anomaly_usd is not None  # noqa: S101  who declares it asks first
        tags = {"organization": args.rollout.organization.name}
        policy = aws.sns.TopicPolicy(
            f"{name}-topic-policy",
            arn=args.audiences.topics[AUDIENCE].arn,
            policy=pulumi.Output.json_dumps(topic_policy(args.account, AUDIENCE)),
            opts=child,
        )
        monitor = budgets.anomaly_monitor or (
            aws.costexplorer.AnomalyMonitor(
                f"{name}-monitor",
                name=names.ANOMALIES,
                monitor_type="DIMENSIONAL",
                monitor_dimension="SERVICE",
                tags=tags,
                opts=child,
            ).arn
        )
        aws.costexplorer.AnomalySubscription(
            f"{name}-subscription",
            name=names.ANOMALIES,
            # The only one that SNS takes (Cost Explorer API reference, `AnomalySubscription`).
            frequency="IMMEDIATE",
            monitor_arn_lists=[monitor],
            subscribers=[{"type": "SNS", "address": args.account.topic_arn(AUDIENCE)}],
            threshold_expression={
                "dimension": {
                    "key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                    "match_options": ["GREATER_THAN_OR_EQUAL"],
                    "values": [f"{budgets.anomaly_usd:.2f}".removesuffix(".00")],
                }
            },
            tags=tags,
            # AWS may only publish where the policy says so.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
