"""Bedrock's record of each call: who, which profile, how many tokens. One per account and region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.audit_trail import AuditTrail
from rollout import names
from rollout.access.documents import logging_policy, logging_trust_policy
from rollout.account import Account
from rollout.observability.logs_kept import LogsKept


@dataclass(frozen=True, kw_only=True)
class InvocationLoggingArgs:
    account: Account
    logs: LogsKept
    trail: AuditTrail


class InvocationLogging(pulumi.ComponentResource):
    """Bedrock's invocation logging to one log group, and the role it writes with; nothing where it is adopted."""

    def __init__(self, name: str, args: InvocationLoggingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:InvocationLogging", name, {}, opts)
        if not args.logs.adopted:
            self._configure(name, args)

    def _configure(self, name: str, args: InvocationLoggingArgs) -> None:
        text = args.logs.prompt_text
        log_group = args.trail.invocation_log_group
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-role",
            name=names.LOGGING_ROLE,
            description="Bedrock writes invocation records with this role",
            assume_role_policy=pulumi.Output.json_dumps(logging_trust_policy(args.account)),
            tags={"organization": args.logs.organization},
            opts=child,
        )
        document = log_group.apply(lambda group: logging_policy(args.account, group))
        policy = aws.iam.RolePolicy(
            f"{name}-write",
            name="write",
            role=role.name,
            policy=pulumi.Output.json_dumps(document),
            opts=child,
        )
        aws.bedrockmodel.InvocationLoggingConfiguration(
            f"{name}-configuration",
            logging_config={
                "cloudwatch_config": {"log_group_name": log_group, "role_arn": role.arn},
                "text_data_delivery_enabled": text,
                "image_data_delivery_enabled": text,
                "embedding_data_delivery_enabled": text,
                "video_data_delivery_enabled": text,
            },
            # Bedrock tries the role before it accepts the configuration.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
