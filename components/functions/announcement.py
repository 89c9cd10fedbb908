"""Where one cohort stands, told to the announcer whenever it changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pulumi
import pulumi_aws as aws

from components.functions.announcer import Announcer
from rollout import names
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.model.whom_to_ask import whom_to_ask
from rollout.notices.access_ends import EVERY
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
                    policy=json.dumps(review_policy(args.account, review)),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=args.announcer.ready),
                )
            )
        invocation = aws.lambda_.Invocation(
            f"{name}-level",
            function_name=names.ANNOUNCER,
            input=json.dumps(announced(args.rollout, args.cohort, args.record), sort_keys=True),
            triggers={"level": cohort.level.value},
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        self.result = invocation.result
        self.invocation_urn = invocation.urn
        told = aws.lambda_.Invocation(
            f"{name}-access",
            function_name=names.ANNOUNCER,
            input=json.dumps({"access": access(args.rollout, args.cohort, args.record)}, sort_keys=True),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*args.after, *args.announcer.ready]),
        )
        self.access_result, self.access_urn = told.result, told.urn
        self._look_at_ends(name, args)

    def _look_at_ends(self, name: str, args: AnnouncementArgs) -> None:
        """Where the access of somebody, or of a machine, ends: each hour, so that they, or its owner, are told three
        days before. The announcer knows whom it told; a schedule for each end would be refused for one that is nearer
        than that."""
        cohort = args.rollout.cohorts[args.cohort]
        if not any(map(cohort.end_of, cohort.holders)):
            return
        aws.scheduler.Schedule(
            f"{name}-ends",
            name=names.ends_schedule(args.cohort),
            group_name=names.REVIEWS,
            description=f"Who of cohort {args.cohort} is to be told that their access ends",
            schedule_expression=f"rate({EVERY // timedelta(hours=1)} hour)",
            schedule_expression_timezone="UTC",
            flexible_time_window={"mode": "OFF"},
            target=aws.scheduler.ScheduleTargetArgs(
                arn=args.account.function_arn(names.ANNOUNCER),
                role_arn=args.account.iam(f"role/{names.REVIEWS_ROLE}"),
                input=json.dumps({"ends": {"cohort": args.cohort, "ask": whom_to_ask(args.rollout)}}, sort_keys=True),
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=3
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.announcer.ready),
        )
