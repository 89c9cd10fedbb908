"""IAM roles."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code, says
from sandbox.plugins.aws.policies import as_text, policy_text, same_policy, sorted_json, version_first
from sandbox.plugins.framework.constraints import arn, between, each, every, length, matches, model
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry


def _iam(call: Call[Aws]) -> Any:
    return call.cloud.client("iam")


def prefixed(props: Props) -> str:
    """The explicit name, or the prefix and 26 hex digits."""
    return props.get("name") or f"{props['namePrefix']}{secrets.token_hex(13)}"


def not_yet_consistent(error: Exception) -> bool:
    """IAM takes a while to believe in new principals, and one change at a time."""
    return code(error) == "ConcurrentModification" or says(
        error, "MalformedPolicyDocument", "Invalid principal in policy"
    )


def _create(call: Call[Aws]) -> str:
    """A role whose inline policies are refused is deleted again."""
    iam, new = _iam(call), call.new
    name = prefixed(new)
    wanted: Props = {
        "RoleName": name,
        "Path": new["path"],
        "AssumeRolePolicyDocument": new["assumeRolePolicy"],
        "MaxSessionDuration": new["maxSessionDuration"],
        "Tags": tags.listed(new.get("tagsAll")),
        "Description": new.get("description"),
        "PermissionsBoundary": new.get("permissionsBoundary"),
    }
    wanted = {key: value for key, value in wanted.items() if value}
    retry(lambda: iam.create_role(**wanted), not_yet_consistent, seconds=PROPAGATION_SECONDS)
    try:
        _put_inline(iam, name, new)
    except Exception:
        with suppress(Exception):
            _delete_inline(iam, name)
            iam.delete_role(RoleName=name)
        raise
    call.id = name
    for policy_arn in new.get("managedPolicyArns") or ():
        iam.attach_role_policy(RoleName=name, PolicyArn=policy_arn)
    return name


def _put_inline(iam: Any, role: str, props: Props) -> None:
    for policy in _inline(props):
        iam.put_role_policy(RoleName=role, PolicyName=policy["name"], PolicyDocument=policy["policy"])


def _inline(props: Props) -> list[Props]:
    """An entry without a policy only says that nobody else's policies shall stay."""
    return [policy for policy in props.get("inlinePolicies") or () if policy.get("policy")]


def _inline_names(iam: Any, role: str) -> list[str]:
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
    return [name for page in pages for name in page["PolicyNames"]]


def _delete_inline(iam: Any, role: str) -> None:
    for name in _inline_names(iam, role):
        iam.delete_role_policy(RoleName=role, PolicyName=name)


def _attached(iam: Any, role: str) -> list[str]:
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return [policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]]


def _read(call: Call[Aws]) -> Props | None:
    iam = _iam(call)
    try:
        role = iam.get_role(RoleName=call.id)["Role"]
    except Exception as error:
        if code(error) == "NoSuchEntity":
            return None
        raise
    inline = [
        {
            "name": name,
            "policy": version_first(as_text(iam.get_role_policy(RoleName=call.id, PolicyName=name)["PolicyDocument"])),
        }
        for name in _inline_names(iam, call.id)
    ]
    known = call.old.get("inlinePolicies")
    return {
        "arn": role["Arn"],
        "name": role["RoleName"],
        "path": role["Path"],
        "assumeRolePolicy": sorted_json(as_text(role["AssumeRolePolicyDocument"])),
        "description": role.get("Description", ""),
        "maxSessionDuration": role["MaxSessionDuration"],
        "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "uniqueId": role["RoleId"],
        "inlinePolicies": known if same_inline(known, inline) else inline,
        "managedPolicyArns": _attached(iam, call.id),
        **tags.found(call, tags.mapped_from(role.get("Tags", []))),
    }


def same_inline(one: Any, other: Any) -> bool:
    def by_name(policies: Any) -> dict[str, str]:
        return {p.get("name", ""): p["policy"] for p in policies or () if p.get("policy")}

    mine, theirs = by_name(one), by_name(other)
    return mine.keys() == theirs.keys() and all(same_policy(mine[name], theirs[name]) for name in mine)


def _update(call: Call[Aws]) -> None:
    iam, new, name = _iam(call), call.new, call.id
    tags.update(
        call,
        lambda keys: iam.untag_role(RoleName=name, TagKeys=keys),
        lambda changed: iam.tag_role(RoleName=name, Tags=tags.listed(changed)),
    )
    if not same_policy(call.old.get("assumeRolePolicy"), new["assumeRolePolicy"]):
        retry(
            lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=new["assumeRolePolicy"]),
            not_yet_consistent,
            seconds=PROPAGATION_SECONDS,
        )
    if call.changed("description"):
        iam.update_role_description(RoleName=name, Description=new.get("description") or "")
    if call.changed("maxSessionDuration"):
        # AWS keeps a description that is left out; moto forgets it.
        kept = {"Description": new["description"]} if new.get("description") else {}
        iam.update_role(RoleName=name, MaxSessionDuration=new["maxSessionDuration"], **kept)
    _update_boundary(iam, call)
    _update_policies(iam, call)


def _update_boundary(iam: Any, call: Call[Aws]) -> None:
    if not call.changed("permissionsBoundary"):
        return
    if boundary := call.new.get("permissionsBoundary"):
        iam.put_role_permissions_boundary(RoleName=call.id, PermissionsBoundary=boundary)
    else:
        iam.delete_role_permissions_boundary(RoleName=call.id)


def _update_policies(iam: Any, call: Call[Aws]) -> None:
    """Lists that are given are exclusive; lists that are not keep what is there."""
    if not same_inline(call.old.get("inlinePolicies"), call.new.get("inlinePolicies")):
        kept = {policy["name"] for policy in _inline(call.new)}
        for policy in _inline(call.old):
            if policy["name"] not in kept:
                iam.delete_role_policy(RoleName=call.id, PolicyName=policy["name"])
        _put_inline(iam, call.id, call.new)
    old, new = set(call.old.get("managedPolicyArns") or ()), set(call.new.get("managedPolicyArns") or ())
    for policy_arn in sorted(old - new):
        iam.detach_role_policy(RoleName=call.id, PolicyArn=policy_arn)
    for policy_arn in sorted(new - old):
        iam.attach_role_policy(RoleName=call.id, PolicyArn=policy_arn)


def _delete(call: Call[Aws]) -> None:
    """Policies others attached stop the deletion, unless state knows of them or `forceDetachPolicies` is set."""
    iam, force = _iam(call), call.old.get("forceDetachPolicies")
    try:
        for profile in iam.list_instance_profiles_for_role(RoleName=call.id)["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=call.id)
        if force or call.old.get("managedPolicyArns"):
            for policy_arn in _attached(iam, call.id):
                iam.detach_role_policy(RoleName=call.id, PolicyArn=policy_arn)
        if force or _inline(call.old):
            _delete_inline(iam, call.id)
        retry(
            lambda: iam.delete_role(RoleName=call.id),
            lambda error: code(error) == "DeleteConflict",
            seconds=PROPAGATION_SECONDS,
        )
    except Exception as error:
        if code(error) != "NoSuchEntity":
            raise


ENTRIES = (
    Entry(
        token="aws:iam/role:Role",
        replaces=("name", "namePrefix", "path"),
        autoname=AutoName(longest=64),
        documents=("assumeRolePolicy",),
        defaults={"path": "/", "maxSessionDuration": 3600, "forceDetachPolicies": False},
        computed=("inlinePolicies", "managedPolicyArns"),
        checks={
            "name": every(length(1, 64), matches(r"[\w+=,.@-]*", "have only letters, digits and +=,.@-_")),
            "namePrefix": every(length(1, 38), matches(r"[\w+=,.@-]*", "have only letters, digits and +=,.@-_")),
            "path": every(length(0, 512), matches(r"/|/.*/", "start and end with /")),
            "description": model("iam", "CreateRole", "Description"),
            "maxSessionDuration": between(3600, 43200),
            "assumeRolePolicy": policy_text,
            "permissionsBoundary": arn,
            "managedPolicyArns": each(arn),
            "inlinePolicies.name": length(1, 128),
            "inlinePolicies.policy": lambda value: policy_text(value) if value else None,
        },
        sets=("managedPolicyArns", "inlinePolicies"),
        same={"assumeRolePolicy": same_policy, "inlinePolicies": same_inline},
        keeps=("assumeRolePolicy", "inlinePolicies"),
        stored={"assumeRolePolicy": sorted_json},
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        imports=lambda name: (name, {"forceDetachPolicies": False}),
    ),
)
