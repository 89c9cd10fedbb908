"""Who has a permission set of IAM Identity Center in an account."""

from __future__ import annotations

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources.identity_center import admin, ended, gone, of
from sandbox.plugins.framework.constraints import matches, model, one_of
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props

# terraform-provider-aws, service/ssoadmin: how long it waits.
ASSIGNED_SECONDS = 600
_ORDER = ("principalId", "principalType", "targetId", "targetType", "permissionSetArn", "instanceArn")


def _whom(props: Props) -> Props:
    return {name[0].upper() + name[1:]: props[name] for name in _ORDER}


def _assign(call: Call[Aws]) -> str:
    center, new = admin(call), call.new
    request = center.create_account_assignment(**_whom(new))["AccountAssignmentCreationStatus"]["RequestId"]
    ended(
        lambda: center.describe_account_assignment_creation_status(
            InstanceArn=new["instanceArn"], AccountAssignmentCreationRequestId=request
        )["AccountAssignmentCreationStatus"],
        "creating SSO Account Assignment",
        ASSIGNED_SECONDS,
    )
    return ",".join(new[name] for name in _ORDER)


def _assignment(call: Call[Aws]) -> Props:
    return dict(zip(_ORDER, call.id.split(","), strict=True))


def _read_assigned(call: Call[Aws]) -> Props | None:
    said = _assignment(call)
    try:
        found = admin(call).list_account_assignments(**of(said), AccountId=said["targetId"])["AccountAssignments"]
    except Exception as error:
        if gone(error):
            return None
        raise
    there = any(
        (each["PrincipalId"], each["PrincipalType"]) == (said["principalId"], said["principalType"]) for each in found
    )
    return said if there else None


def _unassign(call: Call[Aws]) -> None:
    center, said = admin(call), _assignment(call)
    try:
        request = center.delete_account_assignment(**_whom(said))["AccountAssignmentDeletionStatus"]["RequestId"]
    except Exception as error:
        if gone(error):
            return
        raise
    ended(
        lambda: center.describe_account_assignment_deletion_status(
            InstanceArn=said["instanceArn"], AccountAssignmentDeletionRequestId=request
        )["AccountAssignmentDeletionStatus"],
        "deleting SSO Account Assignment",
        ASSIGNED_SECONDS,
    )


ENTRIES = (
    Entry(
        token="aws:ssoadmin/accountAssignment:AccountAssignment",
        replaces=(*_ORDER, "region"),
        checks={
            "principalType": one_of("GROUP", "USER"),
            "targetType": one_of("AWS_ACCOUNT"),
            "principalId": model("sso-admin", "CreateAccountAssignment", "PrincipalId"),
            "targetId": matches(r"\d{12}", "be an account's id"),
        },
        create=_assign,
        read=_read_assigned,
        delete=_unassign,
    ),
)
