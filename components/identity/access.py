"""The role that a cohort's Okta group may take, and what it may invoke."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.identity import cohort_documents
from components.steps import Steps
from rollout import names
from rollout.access.denies import cohort_stop
from rollout.access.ends import ends_document
from rollout.access.quota_document import quota_document
from rollout.access.sizes import inline_characters
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.incidents.ends import ends
from rollout.incidents.named_stops import homes_of
from rollout.model.rollout import Rollout
from rollout.update_order import Step

# IAM's least for a role; a sign-in asks for `session_minutes`, and IAM refuses more than this (STS API reference).
MAX_SESSION_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    cohort: str
    account: Account
    trust_policy: Mapping[str, object]
    provider: pulumi.Resource | None
    """What the trust policy names; IAM refuses a role that trusts what is not there."""
    rollout: Rollout
    profile_arns: Mapping[str, pulumi.Input[str]]
    record: Record
    """Of cuts, as this update leaves it."""
    steps: Steps
    """Of the cohort's update: what must be done before anything is denied, and then the Denies."""
    tags: Mapping[str, str]


class Access(pulumi.ComponentResource):
    """An IAM role, what it may invoke, and what an incident denies it."""

    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Access", name, {}, opts)
        self._name, self._args = name, args
        self._role = aws.iam.Role(
            f"{name}-role",
            name=names.role(args.cohort),
            description=f"Claude Code for cohort {args.cohort}{_way(args)}",
            assume_role_policy=json.dumps(args.trust_policy),
            max_session_duration=MAX_SESSION_SECONDS,
            permissions_boundary=cohort_documents.boundary_policy(name, args, self).arn,
            # Else a policy that is not ours keeps the role from being deleted (DeleteConflict): that of `rollout cut`,
            # or AWSRevokeOlderSessions, which AWS's console puts where somebody presses "Revoke active sessions".
            force_detach_policies=True,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.provider),
        )
        self.role_arn = self._role.arn
        self._deny()
        self.register_outputs({"role_arn": self.role_arn})

    def allow(self, after: Sequence[pulumi.Resource], people: pulumi.Input[bool] = True) -> list[pulumi.Resource]:
        """What the role may invoke: given last, and taken away first, before Okta can refuse anything.

        `people`: of the memberships. Through it the engine knows that this must go before they do, and not only among
        the deletions at the end, which any failure on the way there would prevent.
        """
        name, document = self._name, cohort_documents.invoke_document(self._args)
        if document is None:
            return []
        return [
            aws.iam.RolePolicy(
                f"{name}-invoke",
                name=pulumi.Output.from_input(people).apply(lambda _: names.INVOKE_POLICY),
                role=self._role.name,
                policy=document,
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )
        ]

    def _quotas(self, after: Sequence[pulumi.Resource]) -> Iterator[pulumi.Resource]:
        """For the meter to stop single people with, a team or everybody, until their day or month ends."""
        shards = self._args.record.cohorts[self._args.cohort].quota_shards
        for number, shard in enumerate(shards if not self._args.rollout.adopt.meter else (), 1):
            if not shard:
                continue
            policy = aws.iam.Policy(
                f"{self._name}-quota-{number}",
                name=names.quota_policy(self._args.cohort, number),
                description=f"Who of cohort {self._args.cohort} has used up the day's tokens",
                policy=json.dumps(quota_document([])),
                tags=self._args.tags,
                opts=pulumi.ResourceOptions(parent=self, depends_on=after, ignore_changes=["policy"]),
            )
            yield aws.iam.RolePolicyAttachment(
                f"{self._name}-quota-{number}-attached",
                role=self._role.name,
                policy_arn=policy.arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )

    def _deny(self) -> None:
        """In the order of the update: the Deny of the whole cohort waits for nobody where it is suspended. Elsewhere it
        is what is lifted, and who stays stopped by name is denied before it goes."""
        denies = {
            Step.COHORT_DENY: self._cohort_stop,
            Step.MEMBER_DENIES: self._member_stops,
            Step.ENDS: self._ends,
            Step.QUOTAS: self._quotas,
        }
        steps = self._args.steps
        for each in steps.order:
            if each.step in denies:
                steps.made(each.step, denies[each.step](steps.before(each.step)))

    def _ends(self, after: Sequence[pulumi.Resource]) -> Iterator[pulumi.Resource]:
        """Of whom access ends at a time: there before they are, and in force by AWS's clock."""
        args = self._args
        models = {label: args.rollout.models[label] for label in args.rollout.cohorts[args.cohort].models}
        found = ends(args.record, homes_of(args.rollout), args.cohort)
        if document := ends_document(found, inline_characters(models)):
            yield aws.iam.RolePolicy(
                f"{self._name}-ends",
                name=names.ENDS_POLICY,
                role=self._role.name,
                policy=json.dumps(document),
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )

    def _cohort_stop(self, after: Sequence[pulumi.Resource]) -> Iterator[pulumi.Resource]:
        document = cohort_stop(self._args.record.cohorts[self._args.cohort])
        if document:
            yield aws.iam.RolePolicy(
                f"{self._name}-stop",
                name=names.STOP_POLICY,
                role=self._role.name,
                policy=json.dumps(document),
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )

    def _member_stops(self, after: Sequence[pulumi.Resource]) -> Iterator[pulumi.Resource]:
        there, made = cohort_documents.member_stop_documents(self._args)
        for number, is_there in enumerate(there, 1):
            if not is_there:
                continue
            policy = aws.iam.Policy(
                f"{self._name}-stop-{number}",
                name=names.member_stop_policy(self._args.cohort, number),
                description=f"What an incident denies single members of cohort {self._args.cohort}",
                policy=made.apply(lambda found, place=number - 1: json.dumps(found[place])),  # pyright: ignore
                tags=self._args.tags,
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )
            yield aws.iam.RolePolicyAttachment(
                f"{self._name}-stop-{number}-attached",
                role=self._role.name,
                policy_arn=policy.arn,
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )


def _way(args: AccessArgs) -> str:
    return ", of machines" if args.rollout.cohorts[args.cohort].machines else ", by way of Okta"
