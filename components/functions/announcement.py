"""Where one cohort stands, told to the announcer whenever it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.functions.announcer import Announcer
from rollout import names
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.notices.announcer_input import access, announced
from rollout.notices.documents import review_policy
from rollout.notices.level_changes import review_name


@dataclass(frozen=True, kw_only=True)
class AnnouncementArgs:
    cohort: str
    account: Account
    rollout: Rollout
    record: Record
    announcer: Announcer
    after: Sequence[pulumi.Resource]
    """What the level did: nobody is told before it is done, and nothing waits for a notice."""


class Announcement(pulumi.ComponentResource):
    """Two invocations of the announcer: one is made anew with each level, one whenever who has access changes, or to
    what. Taking them away calls nothing."""

    result: pulumi.Output[str]
    """The announcer's answer, as JSON: whether its queue has the news."""
    invocation_urn: pulumi.Output[str]
    access_result: pulumi.Output[str]
    """The same of who has access."""
    access_urn: pulumi.Output[str]

    def __init__(self, name: str, args: AnnouncementArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Announcement", name, {}, opts)
        after = [*args.after, *args.announcer.ready]
        cohort = args.rollout.cohorts[args.cohort]
        if cohort.level is Level.ROLLED_BACK and cohort.incident:
            review = review_name(args.cohort, cohort.incident.id)
            after.append(
                aws.iam.RolePolicy(
                    f"{name}-review",
                    name=review,
                    role=names.ANNOUNCER,
                    policy=pulumi.Output.json_dumps(review_policy(args.account, review)),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=args.announcer.ready),
                )
            )
        invocation = aws.lambda_.Invocation(
            f"{name}-level",
            function_name=names.ANNOUNCER,
            input=pulumi.Output.json_dumps(announced(args.rollout, args.cohort, args.record), sort_keys=True),
            triggers={"level": cohort.level.value},
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        self.result = invocation.result
        self.invocation_urn = invocation.urn
        told = aws.lambda_.Invocation(
            f"{name}-access",
            function_name=names.ANNOUNCER,
            input=pulumi.Output.json_dumps({"access": access(args.rollout, args.cohort, args.record)}, sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.after, *args.announcer.ready]),
        )
        self.access_result, self.access_urn = told.result, told.urn
        self.register_outputs({})
