"""Credentials that were found: a metric of the findings log, where commit guards write to it, and protection of prompts
where they are logged."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.audit_trail import AuditTrail
from rollout import names
from rollout.account import Account
from rollout.leaks.credentials import METRIC, PATTERN, protection
from rollout.model.rollout import Rollout
from rollout.usage.records import NAMESPACE


@dataclass(frozen=True, kw_only=True)
class FindingsArgs:
    account: Account
    rollout: Rollout
    trail: AuditTrail


class Findings(pulumi.ComponentResource):
    """What the alarm on credentials counts."""

    def __init__(self, name: str, args: FindingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Findings", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        if args.trail.findings_log_group is not None:
            aws.cloudwatch.LogMetricFilter(
                f"{name}-metric",
                name=METRIC,
                log_group_name=args.trail.findings_log_group,
                pattern=PATTERN,
                metric_transformation={"name": METRIC, "namespace": NAMESPACE, "value": "1", "default_value": "0"},
                opts=child,
            )
            for cohort in args.rollout.logged:
                # Here and not with its cohort, and kept as the log group is: what it holds outlives a rollback.
                aws.cloudwatch.LogStream(
                    f"{name}-{cohort}-guard",
                    name=names.guard_stream(cohort),
                    log_group_name=args.trail.findings_log_group,
                    opts=pulumi.ResourceOptions(parent=self, protect=True, retain_on_delete=True),
                )
        if args.rollout.logs.prompt_text and not args.rollout.adopt.invocation_log_group:
            aws.cloudwatch.LogDataProtectionPolicy(
                f"{name}-protection",
                log_group_name=args.trail.invocation_log_group,
                policy_document=pulumi.Output.json_dumps(protection(args.account.partition)),
                opts=child,
            )
