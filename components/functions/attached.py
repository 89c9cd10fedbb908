"""Managed policies of a function's role: what would not fit into those that are inline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import pulumi
import pulumi_aws as aws

from rollout.access.documents import Document


def attached_policies(
    name: str,
    role: pulumi.Input[str],
    documents: Sequence[tuple[str, Document]],
    description: str,
    tags: Mapping[str, str],
    parent: pulumi.Resource,
) -> Iterator[pulumi.Resource]:
    """`name`: of the resources, which are numbered. `documents`: each under the policy's own name."""
    for number, (called, document) in enumerate(documents, 1):
        policy = aws.iam.Policy(
            f"{name}-{number}",
            name=called,
            description=description,
            policy=json.dumps(document),
            tags=tags,
            opts=pulumi.ResourceOptions(parent=parent),
        )
        yield aws.iam.RolePolicyAttachment(
            f"{name}-{number}-attached",
            role=role,
            policy_arn=policy.arn,
            opts=pulumi.ResourceOptions(parent=parent),
        )
