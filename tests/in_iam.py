"""What IAM holds of a role at this moment, as documents: whoever put them there, and whatever a state says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Held:
    """`role_id`: another one after the role was made anew. `policies`: inline and attached ones, by name."""

    role_id: str
    policies: Mapping[str, Any]
    boundary: Any


def held(iam: Any, role: str) -> Held | None:
    """`iam`: boto3's client. None where the role is gone."""
    try:
        found = iam.get_role(RoleName=role)["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None
    policies: dict[str, Any] = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        policies[each["PolicyName"]] = _managed(iam, each["PolicyArn"])
    return Held(found["RoleId"], policies, _managed(iam, found["PermissionsBoundary"]["PermissionsBoundaryArn"]))


def _managed(iam: Any, arn: str) -> Any:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return json.loads(found) if isinstance(found, str) else found
