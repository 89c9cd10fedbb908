"""What the one instance of the organization holds. It lives in moto's IAM backend, and so in its snapshot."""

from __future__ import annotations

from typing import Any

from moto.iam.models import IAMBackend, iam_backends
from moto.identitystore.models import IdentityStoreData, identitystore_backends

from sandbox.aws.models.catalogue import PARTITION
from sandbox.settings import ACCOUNT_ID, IDENTITY_STORE, REGION

Given = dict[str, Any]
INSTANCE = f"arn:{PARTITION}:sso:::instance/ssoins-1234567890abcdef"


def kept() -> dict[str, Any]:
    """`sets`: by ARN, `{"Name", "policies", "boundary", "tags", ...}`; `assigned`: a list of (set, group or user, which
    of them); `jobs`: answers of asynchronous requests by id; `clients`, `codes`, `tokens`: of the portal."""
    empty: dict[str, Any] = {"sets": {}, "assigned": [], "jobs": {}, "clients": {}, "codes": {}, "tokens": {}}
    return vars(iam()).setdefault("identity_center", empty)


def iam() -> IAMBackend:
    return iam_backends[ACCOUNT_ID][PARTITION]


def directory() -> IdentityStoreData:
    """What Okta pushes: users, groups and who is in them."""
    return identitystore_backends[ACCOUNT_ID][REGION].identity_stores.setdefault(IDENTITY_STORE, IdentityStoreData())


def users_of(group: str) -> set[str]:
    memberships = directory().group_memberships.values()
    return {each["MemberId"]["UserId"] for each in memberships if each["GroupId"] == group}
