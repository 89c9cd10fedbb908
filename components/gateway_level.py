"""Where a cohort stands, written down for LiteLLM's hook, which reads it while it runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from rollout.account import Account
from rollout.gateway.level_item import level_item
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class GatewayLevelArgs:
    cohort: str
    rollout: Rollout
    account: Account
    table: pulumi.Input[str]
    """The meter's."""
    profile_arns: Mapping[str, pulumi.Output[str]]
    """By label; none where the cohort has none at its level."""
    after: list[pulumi.Resource]


def gateway_level(name: str, args: GatewayLevelArgs, parent: pulumi.Resource) -> list[aws.dynamodb.TableItem]:
    """One item, at every level that a cohort is declared at; none of a cohort of machines, which come by no gateway,
    nor where the company has another gateway or none."""
    if not args.rollout.goes_by(GatewayKind.LITELLM) or args.rollout.cohorts[args.cohort].machines:
        return []

    def item(arns: Mapping[str, str]) -> str:
        return json.dumps(level_item(args.rollout, args.account, args.cohort, arns), sort_keys=True)

    return [
        aws.dynamodb.TableItem(
            name,
            table_name=args.table,
            hash_key="id",
            item=pulumi.Output.all(**args.profile_arns).apply(item) if args.profile_arns else item({}),
            opts=pulumi.ResourceOptions(parent=parent, depends_on=args.after),
        )
    ]
