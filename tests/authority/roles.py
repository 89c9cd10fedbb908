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


SET = "aws:ssoadmin/permissionSet:PermissionSet"
NAMED = "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment"
BOUNDED = "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment"
ASSIGNED = "aws:ssoadmin/accountAssignment:AccountAssignment"


def by_permission_set(run: Recorded, cohort: str) -> tuple[Mapping[str, Any], Any] | None:
    """The same where the role is Identity Center's: the documents of what the set names, and the boundary's; None where
    no group is assigned, and so no role is there."""
    sets = {run.outputs_of[r.urn]["arn"]: r.inputs["name"] for r in run.of(SET)}
    mine = [arn for arn, name in sets.items() if name == f"claude-code-{cohort}"]
    if not [r for r in run.of(ASSIGNED) if r.inputs["permissionSetArn"] in mine]:
        return None
    texts = {r.inputs["name"]: r.inputs["policy"] for r in run.of(POLICY)}

    def names(kind: str, key: str) -> list[str]:
        found = [r.inputs[key] for r in run.of(kind) if r.inputs["permissionSetArn"] in mine]
        return [each.get("customerManagedPolicyReference", each)["name"] for each in found]

    [bounded] = names(BOUNDED, "permissionsBoundary")
    held = {name: json.loads(texts[name]) for name in names(NAMED, "customerManagedPolicyReference")}
    return held, json.loads(texts[bounded])


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
