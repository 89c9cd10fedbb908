"""Permission sets of IAM Identity Center, and what they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import every, length, matches, model
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, wait_until

# terraform-provider-aws, service/ssoadmin: how long it waits for provisioning.
PROVISIONED_SECONDS = 600
_WHOSE = ("instanceArn", "permissionSetArn")


def admin(call: Call[Aws]) -> Any:
    return call.cloud.client("sso-admin", call.region)


def gone(error: Exception) -> bool:
    return code(error) == "ResourceNotFoundException"


def of(props: Props) -> Props:
    return {"InstanceArn": props["instanceArn"], "PermissionSetArn": props["permissionSetArn"]}


def _retried(attempt: Callable[[], Any]) -> Any:
    """Identity Center takes one change of a permission set at a time."""
    return retry(attempt, lambda error: code(error) == "ConflictException", seconds=60)


def ended(ask: Callable[[], Props], what: str, seconds: float) -> None:
    said: Props = {}

    def done() -> bool:
        said.update(ask())
        return said["Status"] != "IN_PROGRESS"

    wait_until(done, seconds=seconds, what=what)
    if said["Status"] != "SUCCEEDED":
        raise PluginError(f"{what}: {said.get('FailureReason')}")


def _provision(call: Call[Aws], props: Props) -> None:
    """After each change of a set, wherever it is assigned (terraform-provider-aws, `provisionPermissionSet`)."""
    center = admin(call)
    begun = _retried(lambda: center.provision_permission_set(**of(props), TargetType="ALL_PROVISIONED_ACCOUNTS"))
    request = begun["PermissionSetProvisioningStatus"]["RequestId"]
    ended(
        lambda: center.describe_permission_set_provisioning_status(
            InstanceArn=props["instanceArn"], ProvisionPermissionSetRequestId=request
        )["PermissionSetProvisioningStatus"],
        "provisioning SSO Permission Set",
        PROVISIONED_SECONDS,
    )


# Permission sets


def _create_set(call: Call[Aws]) -> str:
    new = call.new
    wanted: Props = {
        "InstanceArn": new["instanceArn"],
        "Name": new["name"],
        "Description": new.get("description"),
        "RelayState": new.get("relayState"),
        "SessionDuration": new["sessionDuration"],
        "Tags": tags.listed(new.get("tagsAll")),
    }
    wanted = {name: value for name, value in wanted.items() if value}
    made = admin(call).create_permission_set(**wanted)["PermissionSet"]
    return f"{made['PermissionSetArn']},{new['instanceArn']}"


def _set_of(call: Call[Aws]) -> Props:
    arn, _, instance = call.id.partition(",")
    return {"InstanceArn": instance, "PermissionSetArn": arn}


def _read_set(call: Call[Aws]) -> Props | None:
    where = _set_of(call)
    try:
        found = admin(call).describe_permission_set(**where)["PermissionSet"]
        listed = admin(call).list_tags_for_resource(
            InstanceArn=where["InstanceArn"], ResourceArn=where["PermissionSetArn"]
        )["Tags"]
    except Exception as error:
        if gone(error):
            return None
        raise
    return {
        "arn": where["PermissionSetArn"],
        "instanceArn": where["InstanceArn"],
        "name": found["Name"],
        "description": found.get("Description"),
        "relayState": found.get("RelayState"),
        "sessionDuration": found["SessionDuration"],
        "createdDate": found["CreatedDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        **tags.found(call, tags.mapped_from(listed)),
    }


def _update_set(call: Call[Aws]) -> None:
    where, center = _set_of(call), admin(call)
    own = {"InstanceArn": where["InstanceArn"], "ResourceArn": where["PermissionSetArn"]}
    tags.update(
        call,
        lambda keys: center.untag_resource(**own, TagKeys=keys),
        lambda changed: center.tag_resource(**own, Tags=tags.listed(changed)),
    )
    if call.changed("description", "relayState", "sessionDuration"):
        said = {"Description": "description", "RelayState": "relayState", "SessionDuration": "sessionDuration"}
        center.update_permission_set(
            **where, **{theirs: call.new[ours] for theirs, ours in said.items() if call.new.get(ours)}
        )
        _provision(call, {"instanceArn": where["InstanceArn"], "permissionSetArn": where["PermissionSetArn"]})


def _delete_set(call: Call[Aws]) -> None:
    try:
        _retried(lambda: admin(call).delete_permission_set(**_set_of(call)))
    except Exception as error:
        if not gone(error):
            raise


# What it names


def _reference(said: Props) -> Props:
    return {"Name": said["name"], "Path": said.get("path") or "/"}


def _attach(call: Call[Aws]) -> str:
    reference, new = _reference(call.new["customerManagedPolicyReference"]), call.new
    _retried(
        lambda: admin(call).attach_customer_managed_policy_reference_to_permission_set(
            **of(new), CustomerManagedPolicyReference=reference
        )
    )
    _provision(call, new)
    return ",".join((reference["Name"], reference["Path"], new["permissionSetArn"], new["instanceArn"]))


def _read_attached(call: Call[Aws]) -> Props | None:
    name, path, arn, instance = call.id.split(",")
    try:
        found = admin(call).list_customer_managed_policy_references_in_permission_set(
            InstanceArn=instance, PermissionSetArn=arn
        )["CustomerManagedPolicyReferences"]
    except Exception as error:
        if gone(error):
            return None
        raise
    if not any(
        _reference({"name": each["Name"], "path": each.get("Path")}) == {"Name": name, "Path": path} for each in found
    ):
        return None
    reference = {"name": name, "path": path}
    return {"customerManagedPolicyReference": reference, "instanceArn": instance, "permissionSetArn": arn}


def _detach(call: Call[Aws]) -> None:
    name, path, arn, instance = call.id.split(",")
    try:
        _retried(
            lambda: admin(call).detach_customer_managed_policy_reference_from_permission_set(
                InstanceArn=instance,
                PermissionSetArn=arn,
                CustomerManagedPolicyReference={"Name": name, "Path": path},
            )
        )
    except Exception as error:
        if gone(error):
            return
        raise
    _provision(call, {"instanceArn": instance, "permissionSetArn": arn})


def _bound(call: Call[Aws]) -> str:
    said = call.new["permissionsBoundary"]
    if not said.get("customerManagedPolicyReference"):
        raise PluginError("permissionsBoundary: the stand-in knows customerManagedPolicyReference alone")
    boundary = {"CustomerManagedPolicyReference": _reference(said["customerManagedPolicyReference"])}
    _retried(
        lambda: admin(call).put_permissions_boundary_to_permission_set(**of(call.new), PermissionsBoundary=boundary)
    )
    _provision(call, call.new)
    return f"{call.new['permissionSetArn']},{call.new['instanceArn']}"


def _read_bound(call: Call[Aws]) -> Props | None:
    where = _set_of(call)
    try:
        found = admin(call).get_permissions_boundary_for_permission_set(**where)["PermissionsBoundary"]
    except Exception as error:
        if gone(error):
            return None
        raise
    said = found["CustomerManagedPolicyReference"]
    return {
        "instanceArn": where["InstanceArn"],
        "permissionSetArn": where["PermissionSetArn"],
        "permissionsBoundary": {
            "customerManagedPolicyReference": {"name": said["Name"], "path": said.get("Path") or "/"}
        },
    }


def _unbound(call: Call[Aws]) -> None:
    where = _set_of(call)
    try:
        _retried(lambda: admin(call).delete_permissions_boundary_from_permission_set(**where))
    except Exception as error:
        if gone(error):
            return
        raise
    _provision(call, {"instanceArn": where["InstanceArn"], "permissionSetArn": where["PermissionSetArn"]})


ENTRIES = (
    Entry(
        token="aws:ssoadmin/permissionSet:PermissionSet",
        replaces=("instanceArn", "name", "region"),
        defaults={"sessionDuration": "PT1H"},
        required=("name",),
        checks={
            "name": every(length(1, 32), matches(r"[\w+=,.@-]+", "have only letters, digits and +=,.@-_")),
            "description": model("sso-admin", "CreatePermissionSet", "Description"),
            "instanceArn": model("sso-admin", "CreatePermissionSet", "InstanceArn"),
            "sessionDuration": matches(r"PT([1-9]|1[0-2])H", "be from PT1H to PT12H"),
        },
        tags=True,
        create=_create_set,
        read=_read_set,
        update=_update_set,
        delete=_delete_set,
    ),
    Entry(
        token="aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment",
        replaces=(*_WHOSE, "customerManagedPolicyReference", "region"),
        create=_attach,
        read=_read_attached,
        delete=_detach,
    ),
    Entry(
        token="aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
        replaces=(*_WHOSE, "permissionsBoundary", "region"),
        create=_bound,
        read=_read_bound,
        delete=_unbound,
    ),
)
