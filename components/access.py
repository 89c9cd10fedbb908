"""The role that a cohort's Okta group may take, and what it may invoke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.account import Account
from rollout.config import Rollout
from rollout.documents import invoke_policy
from rollout.stops import cohort_stop, member_stops

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
    session_names: Mapping[str, str]
    """As Okta signs them, by e-mail address, of all members."""
    tags: Mapping[str, str]


class Access(pulumi.ComponentResource):
    """An IAM role, what it may invoke, and what an incident denies it."""

    role_arn: pulumi.Output[str]
    stops: Sequence[pulumi.Resource]
    """The Denies in force. What is slower to take effect waits for them."""

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Access", name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._name, self._args = name, args
        self._role = role = aws.iam.Role(
            f"{name}-role",
            name=names.role(args.cohort),
            description=f"Claude Code for cohort {args.cohort}, by way of Okta",
            assume_role_policy=pulumi.Output.json_dumps(args.trust_policy),
            max_session_duration=MAX_SESSION_SECONDS,
            tags=args.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.provider),
        )
        self.role_arn = role.arn
        self.stops = [*self._cohort_stop(name, args, role, child), *self._member_stops(name, args, role, child)]
        self.register_outputs({"role_arn": self.role_arn})

    def allow(self, after: Sequence[pulumi.Resource], people: pulumi.Input[bool] = True) -> list[pulumi.Resource]:
        """What the role may invoke: given last, and taken away first, before Okta can refuse anything.

        `people`: of the memberships. Through it the engine knows that this must go before they do, and not only among
        the deletions at the end, which any failure on the way there would prevent.
        """
        name, args = self._name, self._args
        cohort = args.rollout.cohorts[args.cohort]
        models = {label: args.rollout.models[label] for label in cohort.usable_models(args.rollout.throttle)}
        if not models:
            return []
        document = pulumi.Output.all(**args.profile_arns).apply(lambda arns: invoke_policy(args.account, models, arns))
        return [
            aws.iam.RolePolicy(
                f"{name}-invoke",
                name=pulumi.Output.from_input(people).apply(lambda _: names.INVOKE_POLICY),
                role=self._role.name,
                policy=pulumi.Output.json_dumps(document),
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )
        ]

    def _cohort_stop(
        self, name: str, args: AccessArgs, role: aws.iam.Role, child: pulumi.ResourceOptions
    ) -> Iterator[pulumi.Resource]:
        document = cohort_stop(args.rollout.cohorts[args.cohort])
        if document:
            yield aws.iam.RolePolicy(
                f"{name}-stop",
                name=names.STOP_POLICY,
                role=role.name,
                policy=pulumi.Output.json_dumps(document),
                opts=child,
            )

    def _member_stops(
        self, name: str, args: AccessArgs, role: aws.iam.Role, child: pulumi.ResourceOptions
    ) -> Iterator[pulumi.Resource]:
        cohort, label = args.rollout.cohorts[args.cohort], args.rollout.throttle.model
        throttle = {label: args.rollout.models[label]} if label in cohort.models else {}

        def documents(arns: Mapping[str, str]) -> list[dict[str, Any]]:
            return member_stops(cohort, args.session_names, args.account, throttle, arns)

        # How many there are does not depend on ARNs, so a placeholder counts them in preview too.
        made = pulumi.Output.all(**args.profile_arns).apply(documents)
        for number in range(1, len(documents(dict.fromkeys(args.profile_arns, ""))) + 1):
            policy = aws.iam.Policy(
                f"{name}-stop-{number}",
                name=names.member_stop_policy(args.cohort, number),
                description=f"What an incident denies single members of cohort {args.cohort}",
                policy=pulumi.Output.json_dumps(made[number - 1]),
                tags=args.tags,
                opts=child,
            )
            yield aws.iam.RolePolicyAttachment(
                f"{name}-stop-{number}-attached", role=role.name, policy_arn=policy.arn, opts=child
            )
