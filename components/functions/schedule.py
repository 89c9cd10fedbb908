"""A function that EventBridge Scheduler calls once a day, by a role that may do nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from rollout.access.documents import Document
from rollout.account import Account
from rollout.notices.documents import service_trust_policy


@dataclass(frozen=True, kw_only=True)
class DailyArgs:
    """`function`: its name. `may`: the name of the role's policy, and `policy` that. `says`, `role_says`: descriptions.

    `hour`: UTC, with `minutes` within which it begins. `event`: what the function is given. `after`: what must be there
    before it is called.
    """

    account: Account
    function: str
    schedule: str
    role: str
    says: str
    role_says: str
    may: str
    policy: Document
    hour: int
    minutes: int
    event: Mapping[str, Any] = field(default_factory=dict[str, Any])
    after: Sequence[pulumi.Resource]
    tags: Mapping[str, pulumi.Input[str]]


def called_daily(name: str, args: DailyArgs, parent: pulumi.Resource) -> None:
    child = pulumi.ResourceOptions(parent=parent)
    role = aws.iam.Role(
        f"{name}-schedule-role",
        name=args.role,
        description=args.role_says,
        assume_role_policy=pulumi.Output.json_dumps(service_trust_policy(args.account, "scheduler.amazonaws.com")),
        tags=args.tags,
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-schedule-{args.may}",
        name=args.may,
        role=role.name,
        policy=pulumi.Output.json_dumps(args.policy),
        opts=child,
    )
    aws.scheduler.Schedule(
        f"{name}-schedule",
        name=args.schedule,
        description=args.says,
        schedule_expression=f"cron(0 {args.hour} * * ? *)",
        schedule_expression_timezone="UTC",
        flexible_time_window={"mode": "FLEXIBLE", "maximum_window_in_minutes": args.minutes},
        target=aws.scheduler.ScheduleTargetArgs(
            arn=args.account.function_arn(args.function),
            role_arn=role.arn,
            input=json.dumps(args.event) if args.event else None,
            retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                maximum_event_age_in_seconds=3600, maximum_retry_attempts=3
            ),
        ),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[policy, *args.after]),
    )
