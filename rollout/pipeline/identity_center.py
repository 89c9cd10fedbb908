"""What a CI system may do with IAM Identity Center, where people sign in by it: with cohorts' permission sets alone.

An organization has one instance, so its ARN does not tell ours from the others' permission sets. A tag does: ours are
made with one, and nobody who may tag one that is ours may tag another. Who has one is said of this account alone
(Service Authorization Reference, AWS IAM Identity Center).
"""

from __future__ import annotations

from dataclasses import dataclass

from rollout import names
from rollout.access.documents import Document, allow
from rollout.account import Account

# Which every permission set of a cohort has (`components.cohort`).
TAG = "cohort"
_READS = """
    DescribePermissionSet GetPermissionsBoundaryForPermissionSet ListAccountAssignments
    ListCustomerManagedPolicyReferencesInPermissionSet ListTagsForResource
"""
_ENDS = """
    DescribeAccountAssignmentCreationStatus DescribeAccountAssignmentDeletionStatus
    DescribePermissionSetProvisioningStatus
"""
_WRITES = """
    AttachCustomerManagedPolicyReferenceToPermissionSet DeletePermissionSet DeletePermissionsBoundaryFromPermissionSet
    DetachCustomerManagedPolicyReferenceFromPermissionSet ProvisionPermissionSet PutPermissionsBoundaryToPermissionSet
    TagResource UntagResource UpdatePermissionSet
"""
_GROUPS = "DescribeGroup GetGroupId"
_MEMBERS = "GetGroupId GetUserId IsMemberInGroups"
_ASSIGNS = "CreateAccountAssignment DeleteAccountAssignment"


@dataclass(frozen=True, kw_only=True)
class Instance:
    """`arn`: of the instance. `store`: the id of its identity store."""

    arn: str
    store: str

    @property
    def permission_sets(self) -> str:
        return f"{self.arn.replace(':instance/', ':permissionSet/')}/*"


def reads(account: Account, instance: Instance) -> list[Document]:
    """To look up a cohort's group, and to see a permission set; whatever it says is no secret."""
    here = [instance.arn, instance.permission_sets, _account(account)]
    return [
        allow("IdentityGroups", _actions(_GROUPS, "identitystore"), _directory(account, instance, "group")),
        allow("PermissionSets", _actions(_READS), here),
    ]


def writes(account: Account, instance: Instance) -> list[Document]:
    """To make a permission set as ours, to change one that is, and to give it to somebody in this account."""
    ours = {"Null": {f"aws:ResourceTag/{TAG}": "false"}}
    made = {"Null": {f"aws:RequestTag/{TAG}": "false"}}
    return [
        allow("MakePermissionSet", ["sso:CreatePermissionSet"], [instance.arn, instance.permission_sets], made),
        allow("ChangePermissionSet", _actions(_WRITES), [instance.permission_sets], ours),
        allow("OfTheInstance", _actions(_WRITES + _ASSIGNS + _ENDS), [instance.arn]),
        allow("AssignPermissionSet", _actions(_ASSIGNS), [instance.permission_sets], ours),
        allow("AssignHere", _actions(_ASSIGNS + " ProvisionPermissionSet"), [_account(account)]),
    ]


def cuts(account: Account, instance: Instance) -> list[Document]:
    """Whoever is on call: to write what `rollout cut` writes, a policy that a permission set names and its boundary
    bounds; to see what is in force, and whether Okta has pushed somebody into a cohort's group."""
    cut = account.policy_arn(names.cut_managed_policy("*"))
    versions = ["iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:ListPolicyVersions"]
    told = [cut, *(account.policy_arn(name("*")) for name in (names.invoke_policy, names.stop_policy))]
    role = account.iam(f"role/{names.reserved_role_pattern('*')}")
    return [
        allow("CutByPolicy", [*versions, "iam:ListEntitiesForPolicy"], [cut]),
        allow("SeeThePolicies", ["iam:GetPolicy", "iam:GetPolicyVersion"], told),
        allow("SeeWhatIsAttached", ["iam:ListAttachedRolePolicies"], [role]),
        allow(
            "SeeWhoIsInAGroup",
            _actions(_MEMBERS, "identitystore"),
            _directory(account, instance, "group", "user", "membership"),
        ),
    ]


def _directory(account: Account, instance: Instance, *kinds: str) -> list[str]:
    """Whose account the store is in, nobody says in its id: the organization's delegate or its management account."""
    here = f"arn:{account.partition}:identitystore::*:identitystore/{instance.store}"
    return [here, *(f"arn:{account.partition}:identitystore:::{kind}/*" for kind in kinds)]


def _account(account: Account) -> str:
    return f"arn:{account.partition}:sso:::account/{account.id}"


def _actions(words: str, service: str = "sso") -> list[str]:
    return [f"{service}:{action}" for action in words.split()]
