"""Has the meter look again at whom it stopped, whenever an update changes what stops people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.model.rollout import Rollout
from rollout.usage.meter_input import limits_digest


@dataclass(frozen=True, kw_only=True)
class StopReviewArgs:
    account: Account
    rollout: Rollout
    record: Record
    after: Sequence[pulumi.Resource]
    """The meter as this update leaves it, and whatever an incident takes: nothing waits for this."""


class StopReview(pulumi.ComponentResource):
    """An invocation of the meter, made anew with each change of its limits: who is over a stop that was raised is let
    go by the update, without a request of theirs that would be counted. It fails no update: the answer says what could
    not be written. There where somebody can be stopped at all."""

    def __init__(self, name: str, args: StopReviewArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:StopReview", name, {}, opts)
        digest = limits_digest(args.rollout, args.account, args.record)
        aws.lambda_.Invocation(
            f"{name}-limits",
            function_name=names.METER,
            input=pulumi.Output.json_dumps({"review": digest}),
            triggers={"limits": digest},
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.after),
        )
