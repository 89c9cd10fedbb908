"""What stands on a cohort's role, as a run of the program declared it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.registrations import Recorded

POLICY, INLINE = "aws:iam/policy:Policy", "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"


def managed(run: Recorded) -> dict[str, str]:
    """Documents by ARN."""
    return {f"arn:aws:iam::123456789012:policy/{r.inputs['name']}": r.inputs["policy"] for r in run.of(POLICY)}


def policies(run: Recorded, cohort: str) -> Mapping[str, Any]:
    """What its role may do and is denied, inline and attached."""
    own = {r.name: r.inputs["policy"] for r in run.of(INLINE) if r.inputs["role"] == f"claude-code-{cohort}"}
    attached = {
        r.name: managed(run)[r.inputs["policyArn"]]
        for r in run.of(ATTACHMENT)
        if r.inputs["role"] == f"claude-code-{cohort}"
    }
    return {name: json.loads(document) for name, document in {**own, **attached}.items()}


def boundary(run: Recorded, cohort: str) -> Any:
    """The most that its role may do; none where there is no role."""
    roles = [r for r in run.of("aws:iam/role:Role") if r.inputs["name"] == f"claude-code-{cohort}"]
    return json.loads(managed(run)[roles[0].inputs["permissionsBoundary"]]) if roles else None
