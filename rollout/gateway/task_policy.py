"""What the role that a gateway runs with may do in AWS: take the cohorts' roles, and for LiteLLM read two kinds of
items of the meter's table."""

from __future__ import annotations

from rollout import names
from rollout.access.documents import Document, allow, document
from rollout.account import Account
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Rollout

# Each with one key per call or several, all of them of these; an empty set would fulfil `ForAllValues`.
READ_ITEMS = {
    "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{names.GATEWAY_ITEM}*", "user-day#*"]},
    "Null": {"dynamodb:LeadingKeys": "false"},
}


def task_policy(rollout: Rollout, account: Account) -> Document | None:
    """Of the whole stack; None where it has no gateway, or nobody whom one could serve. What a cohort's role lets it
    do is that role's own, and whose name it may take there is the trust policy's (`rollout.access.federation`)."""
    if rollout.gateway is None:
        return None
    roles = [account.role_arn(name) for name in sorted(rollout.declared) if _has_people(rollout, name)]
    if not roles:
        return None
    table, read = account.table_arn(names.USAGE_TABLE), ["dynamodb:BatchGetItem", "dynamodb:GetItem"]
    items = [allow("Levels", read, [table], READ_ITEMS)] if rollout.goes_by(GatewayKind.LITELLM) else []
    return document(allow("InTheirNames", ["sts:AssumeRole"], roles), *items)


def _has_people(rollout: Rollout, cohort: str) -> bool:
    found = rollout.cohorts[cohort]
    return found.level.effects.role and not found.machines
