"""Has the meter prove, each night, that whoever is past a stop is counted and denied; two alarms where it does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.functions.audiences import Audiences
from components.functions.schedule import DailyArgs, called_daily
from components.observability.alarms import Alarms, AlarmsArgs
from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout
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
        called_daily(
            name,
            DailyArgs(
                account=args.account,
                function=names.METER,
                schedule=names.PROOF,
                role=names.PROOF,
                says="Has the meter prove that stops are enforced",
                role_says="Has the meter prove each night that stops are enforced",
                may="prove",
                policy=proof_schedule_policy(args.account),
                hour=3,  # not near midnight UTC, when days end and stops with them
                minutes=30,
                event={"prove": "nightly"},
                after=args.after,
                tags=tags,
            ),
            self,
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
