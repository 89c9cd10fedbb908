"""What IAM denied, brought to the meter: it is in CloudTrail, and not in Bedrock's own log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.account import Account
from rollout.usage.denied_calls import pattern


@dataclass(frozen=True, kw_only=True)
class DenialsArgs:
    account: Account
    after: Sequence[pulumi.Resource]
    """The meter."""
    reserved: bool
    """Whether some of the cohorts' roles are IAM Identity Center's."""
    tags: Mapping[str, str]


class Denials(pulumi.ComponentResource):
    """A rule on CloudTrail's management events. The account needs a trail that writes them, or nothing comes."""

    def __init__(self, name: str, args: DenialsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Denials", name, {}, opts)
        rule = aws.cloudwatch.EventRule(
            f"{name}-rule",
            name=names.DENIALS,
            description="Bedrock denied a call of one of Claude Code's cohorts",
            event_pattern=pulumi.Output.json_dumps(pattern(reserved=args.reserved)),
            # Calls of a model count as reads, and a rule sees those only where it asks for them.
            state="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            statement_id="denials",
            action="lambda:InvokeFunction",
            function=names.METER,
            principal="events.amazonaws.com",
            source_arn=args.account.rule_arn(names.DENIALS),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.after),
        )
        aws.cloudwatch.EventTarget(
            f"{name}-target",
            rule=rule.name,
            target_id="meter",
            arn=args.account.function_arn(names.METER),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )
