"""The role that a cohort's Okta group may take, and what it may invoke."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.account import Account
from rollout.config import Model
from rollout.documents import invoke_policy

# IAM's least for a role; a sign-in asks for `session_minutes`, and IAM refuses more than this (STS API reference).
MAX_SESSION_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    cohort: str
    account: Account
    trust_policy: Mapping[str, object]
    models: Mapping[str, Model]
    """What may be invoked now, by label; empty when nothing may."""
    profile_arns: Mapping[str, pulumi.Input[str]]
    tags: Mapping[str, str]


class Access(pulumi.ComponentResource):
    """An IAM role, and one inline policy of its own."""

    role_name: str
    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Access", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.role_name = names.role(args.cohort)
        role = aws.iam.Role(
            f"{name}-role",
            name=self.role_name,
            description=f"Claude Code for cohort {args.cohort}, by way of Okta",
            assume_role_policy=pulumi.Output.json_dumps(args.trust_policy),
            max_session_duration=MAX_SESSION_SECONDS,
            tags=args.tags,
            opts=child,
        )
        self.role_arn = role.arn
        if args.models:
            document = pulumi.Output.all(**args.profile_arns).apply(
                lambda arns: invoke_policy(args.account, args.models, arns)
            )
            aws.iam.RolePolicy(
                f"{name}-invoke",
                name=names.INVOKE_POLICY,
                role=role.name,
                policy=pulumi.Output.json_dumps(document),
                opts=child,
            )
        self.register_outputs({"role_arn": self.role_arn})
