"""The tables of our functions: items by `id`, paid by the call, each gone once it has expired."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws


def items_by_id(
    name: str, table: str, tags: Mapping[str, pulumi.Input[str]], opts: pulumi.ResourceOptions
) -> aws.dynamodb.Table:
    """`table`: its name in AWS. `expires` of an item: seconds since 1970."""
    return aws.dynamodb.Table(
        f"{name}-table",
        name=table,
        billing_mode="PAY_PER_REQUEST",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        ttl={"attribute_name": "expires", "enabled": True},
        tags=tags,
        opts=opts,
    )
