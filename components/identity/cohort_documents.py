"""What stands in a cohort's policies, whoever its role belongs to: of ARNs that are only known once they are made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.access.denies import member_stops
from rollout.access.documents import Document, boundary, invoke_policy
from rollout.incidents.named_stops import named_stops

if TYPE_CHECKING:
    from components.identity.access import AccessArgs


def boundary_policy(name: str, args: AccessArgs, parent: pulumi.Resource) -> aws.iam.Policy:
    """The same at every level, so that a change of level has one thing less to wait for."""
    models = {label: args.rollout.models[label] for label in args.profile_arns}
    document = pulumi.Output.all(**args.profile_arns).apply(
        lambda arns: json.dumps(boundary(args.account, models, arns, metered=_metered(args)))
    )
    return aws.iam.Policy(
        f"{name}-boundary",
        name=names.boundary(args.cohort),
        description=f"The most that the role of cohort {args.cohort} may ever do",
        policy=document,
        tags=args.tags,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def invoke_document(args: AccessArgs) -> pulumi.Output[str] | None:
    """As text; None where the cohort may use no model."""
    cohort = args.rollout.cohorts[args.cohort]
    models = {label: args.rollout.models[label] for label in cohort.usable_models(args.rollout.throttle)}
    if not models:
        return None
    return pulumi.Output.all(**args.profile_arns).apply(
        lambda arns: json.dumps(invoke_policy(args.account, models, arns, metered=_metered(args)))
    )


def member_stop_documents(args: AccessArgs) -> tuple[list[bool], pulumi.Output[list[Document | None]]]:
    """By the place of each policy: whether there is a document, which does not depend on ARNs and so is known in a
    preview too, and it."""
    rollout, label = args.rollout, args.rollout.throttle.model
    throttle = {label: rollout.models[label]} if label in rollout.cohorts[args.cohort].models else {}
    shards = args.record.cohorts[args.cohort].stop_shards
    stops = named_stops(args.record, rollout, args.cohort)

    def documents(arns: Mapping[str, str]) -> list[dict[str, Any] | None]:
        return member_stops(shards, stops, args.account, throttle, arns)

    there = [each is not None for each in documents(dict.fromkeys(args.profile_arns, ""))]
    return there, pulumi.Output.all(**args.profile_arns).apply(documents)


def _metered(args: AccessArgs) -> bool:
    """Whether this stack has a meter, which takes findings too: not where it is another stack's."""
    return not args.rollout.adopt.meter
