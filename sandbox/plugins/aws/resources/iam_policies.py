"""Managed policies, a role's own policies, and what is attached to a role."""

from __future__ import annotations

import time
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code
from sandbox.plugins.aws.policies import as_text, policy_text, same_policy, sorted_json, version_first
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import arn, every, excludes, length, matches, model
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, scaled

_MOST_VERSIONS = 5
_NAME = matches(r"[\w+=,.@-]*", "have only letters, digits and +=,.@-_")


def _iam(call: Call[Aws]) -> Any:
    return call.cloud.client("iam")


def _gone(error: Exception) -> bool:
    return code(error) == "NoSuchEntity"


# Managed policies


def _create_policy(call: Call[Aws]) -> str:
    wanted: Props = {
        "PolicyName": prefixed(call.new),
        "PolicyDocument": call.new["policy"],
        "Path": call.new["path"],
        "Description": call.new.get("description"),
        "Tags": tags.listed(call.new.get("tagsAll")),
    }
    wanted = {name: value for name, value in wanted.items() if value}
    return _iam(call).create_policy(**wanted)["Policy"]["Arn"]


def _read_policy(call: Call[Aws]) -> Props | None:
    iam = _iam(call)
    try:
        policy = iam.get_policy(PolicyArn=call.id)["Policy"]
        version = iam.get_policy_version(PolicyArn=call.id, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    except Exception as error:
        if _gone(error):
            return None
        raise
    return {
        "arn": policy["Arn"],
        "name": policy["PolicyName"],
        "path": policy["Path"],
        "description": policy.get("Description", ""),
        "policy": sorted_json(as_text(version["Document"])),
        "policyId": policy["PolicyId"],
        "attachmentCount": policy["AttachmentCount"],
        **tags.found(call, tags.mapped_from(policy.get("Tags", []))),
    }


def _update_policy(call: Call[Aws]) -> None:
    """IAM keeps five versions: the oldest that is not in force makes room."""
    iam = _iam(call)
    tags.update(
        call,
        lambda keys: iam.untag_policy(PolicyArn=call.id, TagKeys=keys),
        lambda new: iam.tag_policy(PolicyArn=call.id, Tags=tags.listed(new)),
    )
    if same_policy(call.old.get("policy"), call.new["policy"]):
        return
    versions = iam.list_policy_versions(PolicyArn=call.id)["Versions"]
    if len(versions) >= _MOST_VERSIONS:
        oldest = min((v for v in versions if not v["IsDefaultVersion"]), key=lambda v: v["CreateDate"])
        iam.delete_policy_version(PolicyArn=call.id, VersionId=oldest["VersionId"])
    delay = call.new.get("delayAfterPolicyCreationInMs")
    wanted = {"PolicyArn": call.id, "PolicyDocument": call.new["policy"]}
    created = iam.create_policy_version(**wanted, SetAsDefault=not delay)["PolicyVersion"]
    if delay:
        time.sleep(scaled(delay / 1000))
        iam.set_default_policy_version(PolicyArn=call.id, VersionId=created["VersionId"])


def _delete_policy(call: Call[Aws]) -> None:
    """A policy still attached somewhere is an error, at once."""
    iam = _iam(call)
    try:
        for version in iam.list_policy_versions(PolicyArn=call.id)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=call.id, VersionId=version["VersionId"])
        iam.delete_policy(PolicyArn=call.id)
    except Exception as error:
        if not _gone(error):
            raise


# A role's own policies


def _put_inline(call: Call[Aws]) -> str:
    name = prefixed(call.new)
    _iam(call).put_role_policy(RoleName=call.new["role"], PolicyName=name, PolicyDocument=call.new["policy"])
    return f"{call.new['role']}:{name}"


def _update_inline(call: Call[Aws]) -> None:
    _put_inline(call)


def _read_inline(call: Call[Aws]) -> Props | None:
    role, _, name = call.id.partition(":")
    try:
        policy = _iam(call).get_role_policy(RoleName=role, PolicyName=name)
    except Exception as error:
        if _gone(error):
            return None
        raise
    return {"role": role, "name": name, "policy": version_first(as_text(policy["PolicyDocument"]))}


def _delete_inline(call: Call[Aws]) -> None:
    role, _, name = call.id.partition(":")
    try:
        _iam(call).delete_role_policy(RoleName=role, PolicyName=name)
    except Exception as error:
        if not _gone(error):
            raise


# Attachments


def _attach(call: Call[Aws]) -> str:
    role, policy_arn = call.new["role"], call.new["policyArn"]
    iam = _iam(call)
    retry(
        lambda: iam.attach_role_policy(RoleName=role, PolicyArn=policy_arn),
        lambda error: code(error) == "ConcurrentModification",
        seconds=PROPAGATION_SECONDS,
    )
    return f"{role}/{policy_arn}"


def _read_attachment(call: Call[Aws]) -> Props | None:
    role, policy_arn = call.old["role"], call.old["policyArn"]
    try:
        pages = _iam(call).get_paginator("list_attached_role_policies").paginate(RoleName=role)
        attached = {policy["PolicyArn"] for page in pages for policy in page["AttachedPolicies"]}
    except Exception as error:
        if _gone(error):
            return None
        raise
    return {"role": role, "policyArn": policy_arn} if policy_arn in attached else None


def _detach(call: Call[Aws]) -> None:
    try:
        _iam(call).detach_role_policy(RoleName=call.old["role"], PolicyArn=call.old["policyArn"])
    except Exception as error:
        if not _gone(error):
            raise


def _import_attachment(import_id: str) -> tuple[str, Props]:
    role, _, policy_arn = import_id.partition("/")
    return import_id, {"role": role, "policyArn": policy_arn}


ENTRIES = (
    Entry(
        token="aws:iam/policy:Policy",
        replaces=("name", "namePrefix", "path", "description"),
        autoname=AutoName(),
        documents=("policy",),
        defaults={"path": "/"},
        checks={
            "name": every(length(1, 128), _NAME),
            "namePrefix": every(length(1, 102), _NAME),
            "path": every(length(0, 512), matches(r"/|/.*/", "start and end with /")),
            "description": model("iam", "CreatePolicy", "Description"),
            "policy": policy_text,
        },
        same={"policy": same_policy},
        keeps=("policy",),
        stored={"policy": sorted_json},
        tags=True,
        create=_create_policy,
        read=_read_policy,
        update=_update_policy,
        delete=_delete_policy,
    ),
    Entry(
        token="aws:iam/rolePolicy:RolePolicy",
        replaces=("name", "namePrefix", "role"),
        autoname=AutoName(),
        documents=("policy",),
        checks={
            "name": every(length(1, 128), _NAME),
            "namePrefix": every(length(1, 102), _NAME),
            "role": every(excludes("^arn:", "be an ARN: give the role's name"), length(1, 128), _NAME),
            "policy": policy_text,
        },
        same={"policy": same_policy},
        keeps=("policy",),
        stored={"policy": version_first},
        create=_put_inline,
        read=_read_inline,
        update=_update_inline,
        delete=_delete_inline,
    ),
    Entry(
        token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        replaces=("role", "policyArn"),
        deletes_first=True,
        checks={"policyArn": arn},
        create=_attach,
        read=_read_attachment,
        delete=_detach,
        imports=_import_attachment,
    ),
)
