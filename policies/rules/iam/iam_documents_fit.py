"""IAM documents are documents, and no larger than IAM takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from policies.engine.iam import MANAGED_POLICY, POLICIES, ROLE, documents
from policies.engine.resources import Resource, Unknown
from policies.engine.rules import Breach, Finding, Later, ResourceRule, Severity
from rollout.iam_limits import INLINE_CHARACTERS, MANAGED_CHARACTERS, TRUST_CHARACTERS


def judge(resource: Resource) -> Iterator[Finding]:
    most = MANAGED_CHARACTERS if resource.type == MANAGED_POLICY else INLINE_CHARACTERS
    held = [(where, text, most) for where, text in documents(resource)]
    if resource.type == ROLE:
        trust: Any = resource.props.get("assumeRolePolicy") or ""
        if not isinstance(trust, Unknown):  # of which `trust-is-named` takes none
            held.append(("assumeRolePolicy", trust, TRUST_CHARACTERS))
    for where, text, limit in held:
        if isinstance(text, Unknown):
            yield Later(where)
            continue
        try:
            size = len(json.dumps(json.loads(text), separators=(",", ":")))
        except ValueError:
            yield Breach(f"{where}: no JSON document")
            continue
        if size > limit:
            yield Breach(f"{where}: {size} characters without white space; IAM takes {limit}")


RULE = ResourceRule(
    name="iam-documents-fit",
    severity=Severity.MEDIUM,
    description="Policies and trust policies are JSON, and within IAM's sizes.",
    remediation="Say less, or cut it: `rollout.access.denies` cuts by session names, `rollout.access.sizes` counts.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    types=POLICIES,
    judge=judge,
)
