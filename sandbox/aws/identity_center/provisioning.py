"""The role that Identity Center makes of a permission set: when it is assigned, and again when it is provisioned.

Nobody else may change such a role (see `sandbox.aws.iam`). What a permission set names must be in the account by then.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from moto.iam.models import Role

from sandbox.aws.identity_center.kept import iam, kept
from sandbox.aws.models.catalogue import PARTITION
from sandbox.settings import ACCOUNT_ID

RESERVED = "AWSReservedSSO_"
# Home region us-east-1: no region in the path (Identity Center user guide, referencing permission sets).
PATH = "/aws-reserved/sso.amazonaws.com/"
PROVIDER = f"arn:{PARTITION}:iam::{ACCOUNT_ID}:saml-provider/AWSSSO_1234567890abcdef_DO_NOT_DELETE"
# The user guide, session duration: roles are configured with twelve hours whatever the permission set says.
LONGEST_SECONDS = 43_200
# IAM's quota, which a permission set's twenty do not raise.
POLICIES_PER_ROLE = 10


def role_of(permission_set: Mapping[str, Any]) -> Role | None:
    beginning = f"{RESERVED}{permission_set['Name']}_"
    return next((each for each in iam().roles.values() if each.name.startswith(beginning)), None)


def provisioned(permission_set: Mapping[str, Any]) -> str | None:
    """Makes the role, or brings it up to date; why it could not, in Identity Center's words."""
    wanted = [_arn(each) for each in permission_set["policies"]]
    boundary = _arn(permission_set["boundary"]) if permission_set.get("boundary") else None
    for arn in (*wanted, *([boundary] if boundary else [])):
        if arn not in iam().managed_policies:
            return f"Received a 404 status error: Policy {arn} does not exist or is not attachable."
    if len(wanted) > POLICIES_PER_ROLE:
        return f"Received a 409 status error: Cannot exceed quota for PoliciesPerRole: {POLICIES_PER_ROLE}"
    role = role_of(permission_set) or _made(permission_set["Name"])
    held = {policy.arn: policy for policy in role.managed_policies.values()}
    for arn in wanted:
        if arn not in held:
            iam().managed_policies[arn].attach_to(role)
    for arn, policy in held.items():
        if arn not in wanted:
            policy.detach_from(role)
    role.permissions_boundary_arn = boundary
    return None


def taken_back(permission_set: Mapping[str, Any]) -> None:
    """Of which nobody is assigned any more: the role goes, and its sessions with it."""
    found = next((arn for arn, each in kept()["sets"].items() if each is permission_set), None)
    if any(each[0] == found for each in kept()["assigned"]) or (role := role_of(permission_set)) is None:
        return
    for policy in list(role.managed_policies.values()):
        policy.detach_from(role)
    del iam().roles[role.id]


def _made(name: str) -> Role:
    trusted = {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    }
    return iam().create_role(
        role_name=f"{RESERVED}{name}_{secrets.token_hex(8)}",
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}),
        path=PATH,
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration=str(LONGEST_SECONDS),
    )


def _arn(reference: Mapping[str, str]) -> str:
    return f"arn:{PARTITION}:iam::{ACCOUNT_ID}:policy{reference.get('Path') or '/'}{reference['Name']}"
