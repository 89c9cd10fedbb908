"""Has the meter prove, each night, that whoever is past a stop is counted and denied; two alarms where it does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.functions.audiences import Audiences
from components.observability.alarms import Alarms, AlarmsArgs
from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.notices.documents import service_trust_policy
from rollout.observability.alarms import proof_alarms
from rollout.usage.meter_input import proof_schedule_policy


@dataclass(frozen=True, kw_only=True)
class EnforcementProofArgs:
    account: Account
    rollout: Rollout
    audiences: Audiences
    after: Sequence[pulumi.Resource]
    """The meter as this update leaves it, the policies it writes, and whatever an incident takes: nothing waits for
    this."""


class EnforcementProof(pulumi.ComponentResource):
    """A schedule, a first proof, and the alarms. There where somebody can be stopped at all.

    The first proof is made once, before the alarms: they ring where nobody reports. It fails no update: what is broken
    is its answer, and the metric.
    """

    def __init__(self, name: str, args: EnforcementProofArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:EnforcementProof", name, {}, opts)
        child, tags = pulumi.ResourceOptions(parent=self), {"organization": args.rollout.organization.name}
        role = aws.iam.Role(
            f"{name}-schedule-role",
            name=names.PROOF,
            description="Has the meter prove each night that stops are enforced",
            assume_role_policy=pulumi.Output.json_dumps(service_trust_policy(args.account, "scheduler.amazonaws.com")),
            tags=tags,
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-schedule-prove",
            name="prove",
            role=role.name,
            policy=pulumi.Output.json_dumps(proof_schedule_policy(args.account)),
            opts=child,
        )
        aws.scheduler.Schedule(
            f"{name}-schedule",
            name=names.PROOF,
            description="Has the meter prove that stops are enforced",
            # Not near midnight UTC, when days end and stops with them.
            schedule_expression="cron(0 3 * * ? *)",
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "FLEXIBLE", "maximum_window_in_minutes": 30},
            target={
                "arn": args.account.function_arn(names.METER),
                "role_arn": role.arn,
                "input": json.dumps({"prove": "nightly"}),
                "retry_policy": {"maximum_event_age_in_seconds": 3600, "maximum_retry_attempts": 3},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy, *args.after]),
        )
        first = aws.lambda_.Invocation(
            f"{name}-first",
            function_name=names.METER,
            input=json.dumps({"prove": "first"}),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.after),
        )
        Alarms(
            f"{name}-alarms",
            AlarmsArgs(
                account=args.account,
                audiences=args.audiences,
                alarms=proof_alarms(args.rollout),
                tags=tags,
                after=[first],
            ),
            child,
        )
        self.register_outputs({})
