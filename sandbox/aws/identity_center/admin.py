"""Identity Center's own API (`sso-admin`): permission sets and who has them.

moto has these too, but neither makes a role of them nor refuses what is refused here: an assignment twice, a set that
is assigned and deleted, an unknown group. What takes time with AWS is done at once, and told as it is there: by a
request whose end must be asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sandbox.aws.account.json_service import Given, Operations, answered, invalid
from sandbox.aws.identity_center import provisioning
from sandbox.aws.identity_center.kept import INSTANCE, directory, kept
from sandbox.aws.refusals import JsonRefusal
from sandbox.settings import ACCOUNT_ID, IDENTITY_STORE

SERVICE = "sso"
MODEL = "sso-admin"
STORED_WITH = "iam"
# Identity Center user guide, quotas.
POLICIES = 20
_SET_KEYS = ("Name", "Description", "SessionDuration", "RelayState")


def answer(operation: str, region: str, body: bytes) -> bytes:
    """The answer of one call; JsonRefusal where AWS would refuse."""
    return answered(MODEL, _OPERATIONS, operation, region, body)


def _conflict(message: str) -> JsonRefusal:
    return JsonRefusal("ConflictException", message, 400)


def _gone(message: str) -> JsonRefusal:
    return JsonRefusal("ResourceNotFoundException", message, 400)


def _here(given: Given) -> None:
    if given["InstanceArn"] != INSTANCE:
        raise _gone(f"Instance not found: {given['InstanceArn']}")


def _set(given: Given) -> dict[str, Any]:
    _here(given)
    found = kept()["sets"].get(given["PermissionSetArn"])
    if found is None:
        raise _gone("Could not find PermissionSet with the provided id")
    return found


def _assigned(arn: str) -> list[tuple[str, str, str]]:
    return [tuple(each) for each in kept()["assigned"] if each[0] == arn]


def _list_instances(_: Given) -> Given:
    known = {"InstanceArn": INSTANCE, "IdentityStoreId": IDENTITY_STORE, "OwnerAccountId": ACCOUNT_ID}
    return {"Instances": [{**known, "Name": "sandbox", "Status": "ACTIVE"}]}


def _create_set(given: Given) -> Given:
    _here(given)
    if any(each["Name"] == given["Name"] for each in kept()["sets"].values()):
        raise _conflict(f"PermissionSet with name {given['Name']} already exists.")
    arn = f"{INSTANCE.replace(':instance/', ':permissionSet/')}/ps-{uuid4().hex[:16]}"
    said = {key: given[key] for key in _SET_KEYS if given.get(key) is not None}
    tags = {each["Key"]: each["Value"] for each in given.get("Tags") or ()}
    kept()["sets"][arn] = {"SessionDuration": "PT1H", **said, "policies": [], "boundary": None, "tags": tags}
    return {"PermissionSet": _view(arn)}


def _view(arn: str) -> Given:
    found = kept()["sets"][arn]
    said = {key: found[key] for key in _SET_KEYS if key in found}
    return {**said, "PermissionSetArn": arn, "CreatedDate": found.setdefault("at", datetime.now(UTC).timestamp())}


def _describe_set(given: Given) -> Given:
    _set(given)
    return {"PermissionSet": _view(given["PermissionSetArn"])}


def _update_set(given: Given) -> Given:
    _set(given).update({key: given[key] for key in _SET_KEYS if given.get(key) is not None})
    return {}


def _delete_set(given: Given) -> Given:
    _set(given)
    if _assigned(given["PermissionSetArn"]):
        raise _conflict("PermissionSet has ApplicationProfile associated with it.")
    del kept()["sets"][given["PermissionSetArn"]]
    return {}


def _list_tags(given: Given) -> Given:
    found = kept()["sets"].get(given["ResourceArn"])
    if found is None:
        raise _gone("Could not find PermissionSet with the provided id")
    return {"Tags": [{"Key": key, "Value": value} for key, value in found["tags"].items()]}


def _tag(given: Given) -> Given:
    _list_tags(given)
    kept()["sets"][given["ResourceArn"]]["tags"].update({each["Key"]: each["Value"] for each in given["Tags"]})
    return {}


def _untag(given: Given) -> Given:
    _list_tags(given)
    for key in given["TagKeys"]:
        kept()["sets"][given["ResourceArn"]]["tags"].pop(key, None)
    return {}


def _reference(given: Given) -> dict[str, str]:
    said = given["CustomerManagedPolicyReference"]
    return {"Name": said["Name"], "Path": said.get("Path") or "/"}


def _attach(given: Given) -> Given:
    held, wanted = _set(given)["policies"], _reference(given)
    if wanted in held:
        raise _conflict(f"Given customer managed policy {wanted['Name']} is already attached")
    if len(held) >= POLICIES:
        raise JsonRefusal("ServiceQuotaExceededException", f"At most {POLICIES} managed policies per permission set")
    held.append(wanted)
    return {}


def _detach(given: Given) -> Given:
    held, wanted = _set(given)["policies"], _reference(given)
    if wanted not in held:
        raise _gone(f"Given customer managed policy {wanted['Name']} does not exist on PermissionSet")
    held.remove(wanted)
    return {}


def _list_attached(given: Given) -> Given:
    return {"CustomerManagedPolicyReferences": _set(given)["policies"]}


def _put_boundary(given: Given) -> Given:
    said = given["PermissionsBoundary"]
    if "CustomerManagedPolicyReference" not in said:
        raise invalid("A boundary that AWS manages is not here")
    _set(given)["boundary"] = _reference(said)
    return {}


def _get_boundary(given: Given) -> Given:
    if (found := _set(given)["boundary"]) is None:
        raise _gone("Could not find permissions boundary")
    return {"PermissionsBoundary": {"CustomerManagedPolicyReference": found}}


def _delete_boundary(given: Given) -> Given:
    _set(given)["boundary"] = None
    return {}


def _job(given: Given, failed: str | None, **more: Any) -> Given:
    said = {"Status": "FAILED", "FailureReason": failed} if failed else {"Status": "SUCCEEDED"}
    known = {"RequestId": str(uuid4()), "PermissionSetArn": given["PermissionSetArn"], **more}
    kept()["jobs"][known["RequestId"]] = {**known, **said}
    return {**known, "Status": "IN_PROGRESS"}


def _ended(key: str, answer_key: str) -> Callable[[Given], Given]:
    def asked(given: Given) -> Given:
        if given[key] not in kept()["jobs"]:
            raise _gone(f"Request not found: {given[key]}")
        return {answer_key: kept()["jobs"][given[key]]}

    return asked


def _provision(given: Given) -> Given:
    """Of a set that nobody has in the account, there is nothing to bring up to date."""
    found = _set(given)
    failed = provisioning.provisioned(found) if _assigned(given["PermissionSetArn"]) else None
    return {"PermissionSetProvisioningStatus": _job(given, failed)}


def _pair(given: Given) -> tuple[str, str, str]:
    if given["TargetId"] != ACCOUNT_ID:
        raise _gone(f"Account not found: {given['TargetId']}")
    return given["PermissionSetArn"], given["PrincipalId"], given["PrincipalType"]


def _said(given: Given) -> Given:
    return {key: given[key] for key in ("TargetId", "TargetType", "PrincipalType", "PrincipalId")}


def _assign(given: Given) -> Given:
    found, pair = _set(given), _pair(given)
    known = directory().groups if given["PrincipalType"] == "GROUP" else directory().users
    if given["PrincipalId"] not in known:
        raise _gone(f"{given['PrincipalType']} not found: {given['PrincipalId']}")
    if pair in _assigned(pair[0]):
        raise _conflict("The assignment already exists")
    kept()["assigned"].append(list(pair))
    if failed := provisioning.provisioned(found):
        kept()["assigned"].remove(list(pair))
    return {"AccountAssignmentCreationStatus": _job(given, failed, **_said(given))}


def _unassign(given: Given) -> Given:
    found, pair = _set(given), _pair(given)
    if pair not in _assigned(pair[0]):
        raise _gone("The assignment does not exist")
    kept()["assigned"].remove(list(pair))
    provisioning.taken_back(found)
    return {"AccountAssignmentDeletionStatus": _job(given, None, **_said(given))}


def _list_assigned(given: Given) -> Given:
    _set(given)
    found = [
        {"AccountId": ACCOUNT_ID, "PermissionSetArn": arn, "PrincipalId": who, "PrincipalType": kind}
        for arn, who, kind in _assigned(given["PermissionSetArn"])
    ]
    return {"AccountAssignments": found if given["AccountId"] == ACCOUNT_ID else []}


_OPERATIONS: Operations = {
    "ListInstances": _list_instances,
    "CreatePermissionSet": _create_set,
    "DescribePermissionSet": _describe_set,
    "UpdatePermissionSet": _update_set,
    "DeletePermissionSet": _delete_set,
    "ListTagsForResource": _list_tags,
    "TagResource": _tag,
    "UntagResource": _untag,
    "AttachCustomerManagedPolicyReferenceToPermissionSet": _attach,
    "DetachCustomerManagedPolicyReferenceFromPermissionSet": _detach,
    "ListCustomerManagedPolicyReferencesInPermissionSet": _list_attached,
    "PutPermissionsBoundaryToPermissionSet": _put_boundary,
    "GetPermissionsBoundaryForPermissionSet": _get_boundary,
    "DeletePermissionsBoundaryFromPermissionSet": _delete_boundary,
    "ProvisionPermissionSet": _provision,
    "DescribePermissionSetProvisioningStatus": _ended(
        "ProvisionPermissionSetRequestId", "PermissionSetProvisioningStatus"
    ),
    "CreateAccountAssignment": _assign,
    "DescribeAccountAssignmentCreationStatus": _ended(
        "AccountAssignmentCreationRequestId", "AccountAssignmentCreationStatus"
    ),
    "DeleteAccountAssignment": _unassign,
    "DescribeAccountAssignmentDeletionStatus": _ended(
        "AccountAssignmentDeletionRequestId", "AccountAssignmentDeletionStatus"
    ),
    "ListAccountAssignments": _list_assigned,
}
