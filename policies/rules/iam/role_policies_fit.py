"""All inline policies of a role together, as IAM counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from policies.engine.iam import ROLE_POLICY
from policies.engine.resources import UNKNOWN, Stack
from policies.engine.rules import Breach, Finding, Later, Severity, StackRule
from rollout.iam_limits import INLINE_CHARACTERS


def judge(stack: Stack) -> Iterator[Finding]:
    sizes: dict[str, int] = {}
    last: dict[str, str] = {}
    for policy in stack.of(ROLE_POLICY):
        text: Any = policy.props.get("policy") or ""
        role = policy.props.get("role")
        if text is UNKNOWN or not isinstance(role, str):
            yield Later("policy", policy.urn)
            continue
        try:
            size = len(json.dumps(json.loads(text), separators=(",", ":")))
        except ValueError:
            continue  # `iam-documents-fit` says so
        sizes[role], last[role] = sizes.get(role, 0) + size, policy.urn
    for role, size in sizes.items():
        if size > INLINE_CHARACTERS:
            yield Breach(
                f"inline policies of {role} have {size} characters together; IAM takes {INLINE_CHARACTERS}", last[role]
            )


RULE = StackRule(
    name="role-policies-fit",
    severity=Severity.MEDIUM,
    description="The inline policies of a role are together within IAM's size.",
    remediation="Move what is long into a managed policy.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    applies=lambda stack: bool(stack.of(ROLE_POLICY)),
    judge=judge,
)
