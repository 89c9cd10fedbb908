"""A cohort's access where people sign in by IAM Identity Center: a permission set, and the policies that it names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.identity import cohort_documents
from components.identity.access import AccessArgs
from components.identity.identity_groups import NOT_KNOWN
from rollout import names
from rollout.access import permission_set as documents
from rollout.access.denies import cohort_stop
from rollout.access.documents import Document
from rollout.access.managed_cut import NOBODY
from rollout.access.quota_document import quota_document
from rollout.incidents.ends import ends
from rollout.incidents.named_stops import homes_of
from rollout.model.identity_center import IdentityCenter
from rollout.update_order import Step


class PermissionSet(pulumi.ComponentResource):
    """What `Access` is to a role of ours, under its type and its names, so that a stack that changes its way of signing
    in keeps the policies that both have.

    The policies are attached once; from then on only what stands in them changes. At `rolled_back` those two stay that
    say who is denied and that nothing is allowed: a role that is Identity Center's is taken away by Identity Center,
    at the end, and must be empty before.
    """

    role_arn: pulumi.Output[str] | None = None
    """Identity Center gives it a name that nobody knows before, and another one whenever it makes it anew."""

    def __init__(
        self,
        name: str,
        args: AccessArgs,
        center: IdentityCenter,
        group_id: str | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """`group_id`: of the cohort's group in Identity Center; None where Okta has not pushed it yet."""
        super().__init__("claude:rollout:Access", name, {}, opts)
        self._name, self._args, self._center, self._group_id = name, args, center, group_id
        self._level = args.rollout.cohorts[args.cohort].level.effects
        self._policies: list[pulumi.Resource] = []
        self._boundary = cohort_documents.boundary_policy(name, args, self) if self._level.role else None
        self._deny()
        self.register_outputs({"permission_set": names.permission_set(args.cohort)})

    def allow(self, after: Sequence[pulumi.Resource], people: pulumi.Input[bool] = True) -> list[pulumi.Resource]:  # noqa: ARG002  as of `Access`
        """What the permission set's sessions may invoke, and then, last, that the cohort's group has it. Nothing that
        takes waits for Okta: with no model left, the Allow goes at once."""
        name, args = self._name, self._args
        made = cohort_documents.invoke_document(args)
        invoke = self._policy(
            "invoke",
            names.invoke_policy(args.cohort),
            f"What cohort {args.cohort} may invoke",
            json.dumps(NOBODY) if made is None else made,
            after if made is not None else (),
        )
        self._policies.insert(0, invoke)
        if not self._boundary:
            return [invoke]
        here: dict[str, Any] = {"instance_arn": self._center.instance_arn, "region": self._center.region}
        granted = aws.ssoadmin.PermissionSet(
            f"{name}-permission-set",
            name=names.permission_set(args.cohort),
            description=f"Claude Code for cohort {args.cohort}",
            session_duration=documents.SESSION_DURATION,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self),
            **here,
        )
        here["permission_set_arn"] = granted.arn
        last: pulumi.Resource = aws.ssoadmin.PermissionsBoundaryAttachment(
            f"{name}-bounded",
            permissions_boundary={"customer_managed_policy_reference": {"name": self._boundary.name, "path": "/"}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._boundary]),
            **here,
        )
        # One after the other: Identity Center takes one change of a permission set at a time (ConflictException).
        for policy in documents.attached(args.rollout, args.record, args.cohort):
            last = aws.ssoadmin.CustomerManagedPolicyAttachment(
                f"{name}-{policy.removeprefix(names.role(args.cohort) + '-')}-attached",
                customer_managed_policy_reference={"name": policy, "path": "/"},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[last, *self._policies]),
                **here,
            )
        if self._group_id is None:
            return [invoke]
        assigned = aws.ssoadmin.AccountAssignment(
            f"{name}-assigned",
            principal_id=self._group_id,
            principal_type="GROUP",
            target_id=args.account.id,
            target_type="AWS_ACCOUNT",
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[last, *after],
                ignore_changes=["principalId"] if self._group_id == NOT_KNOWN else None,
            ),
            **here,
        )
        return [invoke, assigned]

    def _deny(self) -> None:
        """In the order of the update, as of a role of ours. The ends are in the cohort's own stop."""
        denies = {Step.COHORT_DENY: self._cohort_stop}
        if self._level.role:
            denies |= {Step.MEMBER_DENIES: self._member_stops, Step.QUOTAS: self._quotas}
        steps = self._args.steps
        for each in steps.order:
            if each.step in denies:
                made = list(denies[each.step](steps.before(each.step)))
                self._policies += made
                steps.made(each.step, made)
        if self._level.role:
            self._policies.append(self._cut())

    def _cohort_stop(self, after: Sequence[pulumi.Resource]) -> Iterator[pulumi.Resource]:
        args = self._args
        found = ends(args.record, homes_of(args.rollout), args.cohort)
        document = documents.stop_document(cohort_stop(args.record.cohorts[args.cohort]), found)
        described = f"What an incident denies cohort {args.cohort}, and whose access ends"
        yield self._policy("stop", names.stop_policy(args.cohort), described, json.dumps(document), after)

    def _member_stops(self, after: Sequence[pulumi.Resource]) -> Iterator[pulumi.Resource]:
        args = self._args
        _, made = cohort_documents.member_stop_documents(args)
        stops, _ = documents.policies_of_names(args.rollout, args.record, args.cohort)
        for number in range(1, stops + 1):
            document = made.apply(lambda found, at=number - 1: json.dumps(_at(found, at) or NOBODY))
            described = f"What an incident denies single members of cohort {args.cohort}"
            policy = names.member_stop_policy(args.cohort, number)
            yield self._policy(f"stop-{number}", policy, described, document, after)

    def _quotas(self, after: Sequence[pulumi.Resource]) -> Iterator[pulumi.Resource]:
        """The meter's alone to write, from the moment that they are there."""
        args = self._args
        _, quotas = documents.policies_of_names(args.rollout, args.record, args.cohort)
        for number in range(1, quotas + 1):
            yield aws.iam.Policy(
                f"{self._name}-quota-{number}",
                name=names.quota_policy(args.cohort, number),
                description=f"Who of cohort {args.cohort} has used up the day's tokens",
                policy=json.dumps(quota_document([])),
                tags=args.tags,
                opts=pulumi.ResourceOptions(parent=self, depends_on=after, ignore_changes=["policy"]),
            )

    def _cut(self) -> aws.iam.Policy:
        """Of `rollout cut` alone to write."""
        return aws.iam.Policy(
            f"{self._name}-cut",
            name=names.cut_managed_policy(self._args.cohort),
            description=f"What `rollout cut` denies cohort {self._args.cohort}; no update changes it",
            policy=json.dumps(NOBODY),
            tags=self._args.tags,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["policy"]),
        )

    def _policy(
        self,
        part: str,
        policy: str,
        description: str,
        document: pulumi.Input[str],
        after: Sequence[pulumi.Resource],
    ) -> aws.iam.Policy:
        return aws.iam.Policy(
            f"{self._name}-{part}",
            name=policy,
            description=description,
            policy=document,
            tags=self._args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )


def _at(found: Sequence[Document | None], place: int) -> Document | None:
    return found[place] if place < len(found) else None
