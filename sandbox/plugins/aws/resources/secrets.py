"""Secrets and their versions. What they hold is secret in every output."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code, says
from sandbox.plugins.aws.policies import same_policy, sorted_json
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import every, json_text, length, matches, model, unsupported
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, wait_until

_CURRENT = "AWSCURRENT"
_NAME = matches(r"[0-9A-Za-z/_+=.@-]*", "have only letters, digits and /_+=.@-")
_GOES = ("was deleted", "marked for deletion", "marked deleted")


def _manager(call: Call[Aws]) -> Any:
    return call.cloud.client("secretsmanager", call.region)


def _gone(error: Exception) -> bool:
    """A secret that waits for its deletion is as good as gone."""
    return code(error) == "ResourceNotFoundException" or says(error, "InvalidRequestException", *_GOES)


# Secrets


def _create_secret(call: Call[Aws]) -> str:
    """A name that is scheduled for deletion is waited for: it may be about to become free."""
    manager, new = _manager(call), call.new
    wanted: Props = {
        "Name": prefixed(new),
        "Description": new.get("description"),
        "KmsKeyId": new.get("kmsKeyId"),
        "Tags": tags.listed(new.get("tagsAll")),
    }
    wanted = {name: value for name, value in wanted.items() if value} | {"ClientRequestToken": str(uuid.uuid4())}
    created = retry(
        lambda: manager.create_secret(**wanted),
        lambda error: says(error, "InvalidRequestException", "scheduled for deletion", "was deleted"),
        seconds=PROPAGATION_SECONDS,
    )
    call.id = created["ARN"]
    if _wants_policy(new):
        manager.put_resource_policy(SecretId=call.id, ResourcePolicy=new["policy"])
    return call.id


def _wants_policy(props: Props) -> bool:
    return (props.get("policy") or "{}") != "{}"


def _secret(manager: Any, secret_id: str) -> Props:
    """An empty answer when there is none, or none for long."""
    try:
        found = manager.describe_secret(SecretId=secret_id)
    except Exception as error:
        if _gone(error):
            return {}
        raise
    return {} if found.get("DeletedDate") else found


def _read_secret(call: Call[Aws]) -> Props | None:
    manager = _manager(call)
    found = _secret(manager, call.id)
    if not found:
        return None
    policy = manager.get_resource_policy(SecretId=call.id).get("ResourcePolicy", "")
    return {
        "arn": found["ARN"],
        "name": found["Name"],
        "description": found.get("Description", ""),
        "kmsKeyId": found.get("KmsKeyId", ""),
        "policy": sorted_json(policy),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(found.get("Tags", []))),
    }


def _update_secret(call: Call[Aws]) -> None:
    manager, new = _manager(call), call.new
    tags.update(
        call,
        lambda keys: manager.untag_resource(SecretId=call.id, TagKeys=keys),
        lambda changed: manager.tag_resource(SecretId=call.id, Tags=tags.listed(changed)),
    )
    if call.changed("description", "kmsKeyId"):
        key = {"KmsKeyId": new["kmsKeyId"]} if new.get("kmsKeyId") else {}
        manager.update_secret(SecretId=call.id, Description=new.get("description") or "", **key)
    if not same_policy(call.old.get("policy"), new.get("policy")):
        if _wants_policy(new):
            manager.put_resource_policy(SecretId=call.id, ResourcePolicy=new["policy"])
        else:
            manager.delete_resource_policy(SecretId=call.id)


def _delete_secret(call: Call[Aws]) -> None:
    """At once with a window of 0; else the name stays taken until the window is over."""
    manager, window = _manager(call), call.old.get("recoveryWindowInDays")
    how: Props = {"ForceDeleteWithoutRecovery": True} if window == 0 else {}
    how |= {"RecoveryWindowInDays": window} if window else {}
    try:
        manager.delete_secret(SecretId=call.id, **how)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return
        raise
    wait_until(lambda: not _secret(manager, call.id), seconds=PROPAGATION_SECONDS, what=f"secret {call.id} to be gone")


def _window(value: int) -> str | None:
    return None if value == 0 or 7 <= value <= 30 else f"must be 0 or from 7 to 30: {value}"


# Versions


def _put_version(call: Call[Aws]) -> str:
    manager, new = _manager(call), call.new
    wanted: Props = {"SecretId": new["secretId"], "ClientRequestToken": str(uuid.uuid4())}
    if new.get("secretBinary"):
        wanted["SecretBinary"] = base64.b64decode(new["secretBinary"])
    else:
        wanted["SecretString"] = new.get("secretString") or ""
    if new.get("versionStages"):
        wanted["VersionStages"] = new["versionStages"]
    call.id = f"{new['secretId']}|{manager.put_secret_value(**wanted)['VersionId']}"
    wait_until(
        lambda: bool(_version(manager, call.id)), seconds=PROPAGATION_SECONDS, what=f"secret version {call.id} to exist"
    )
    return call.id


def _version(manager: Any, version_id: str) -> Props:
    """An empty answer when the version, or its secret, is gone."""
    secret_id, _, number = version_id.partition("|")
    try:
        return manager.get_secret_value(SecretId=secret_id, VersionId=number)
    except Exception as error:
        if _gone(error):
            return {}
        raise


def _read_version(call: Call[Aws]) -> Props | None:
    found = _version(_manager(call), call.id)
    if not found:
        return None
    binary = base64.b64encode(found["SecretBinary"]).decode() if "SecretBinary" in found else ""
    return {
        "arn": found["ARN"],
        "secretArn": found["ARN"],
        "secretId": call.id.partition("|")[0],
        "secretString": found.get("SecretString", ""),
        "secretBinary": binary,
        "hasSecretStringWo": False,
        "versionId": found["VersionId"],
        "versionStages": found.get("VersionStages", []),
        "region": call.region or call.cloud.region,
    }


def _update_version(call: Call[Aws]) -> None:
    """Labels are all that can change; AWSCURRENT is taken from whoever has it and never given up."""
    manager = _manager(call)
    secret_id, _, number = call.id.partition("|")
    had, wants = set(call.old.get("versionStages") or ()), set(call.new.get("versionStages") or ())
    for stage in sorted(wants - had):
        left = {"RemoveFromVersionId": _current(manager, secret_id)} if stage == _CURRENT else {}
        manager.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, MoveToVersionId=number, **left)
    for stage in sorted(had - wants - {_CURRENT}):
        manager.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, RemoveFromVersionId=number)


def _current(manager: Any, secret_id: str) -> str:
    return manager.get_secret_value(SecretId=secret_id, VersionStage=_CURRENT)["VersionId"]


def _delete_version(call: Call[Aws]) -> None:
    """Takes the labels off; the value itself stays until AWS drops versions without labels."""
    manager = _manager(call)
    secret_id, _, number = call.id.partition("|")
    try:
        for stage in call.old.get("versionStages") or ():
            if stage != _CURRENT:
                manager.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, RemoveFromVersionId=number)
    except Exception as error:
        if not _gone(error):
            raise


def _base64(value: str) -> str | None:
    try:
        base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return "is not base64"
    return None


def _one_value(inputs: Props) -> Iterable[Failure]:
    if "secretString" in inputs and "secretBinary" in inputs:
        yield Failure("secretString", "conflicts with secretBinary: keep one of them")


ENTRIES = (
    Entry(
        token="aws:secretsmanager/secret:Secret",
        replaces=("name", "namePrefix"),
        autoname=AutoName(),
        defaults={"forceOverwriteReplicaSecret": False, "recoveryWindowInDays": 30},
        computed=("policy",),
        checks={
            "name": every(length(1, 512), _NAME),
            "namePrefix": every(length(1, 486), _NAME),
            "description": model("secretsmanager", "CreateSecret", "Description"),
            "policy": json_text,
            "recoveryWindowInDays": _window,
            "replicas": unsupported,
            "type": unsupported,
        },
        same={"policy": same_policy},
        keeps=("policy",),
        stored={"policy": sorted_json},
        tags=True,
        create=_create_secret,
        read=_read_secret,
        update=_update_secret,
        delete=_delete_secret,
    ),
    Entry(
        token="aws:secretsmanager/secretVersion:SecretVersion",
        replaces=("secretId", "secretString", "secretBinary"),
        computed=("versionStages",),
        checks={
            "secretBinary": _base64,
            "secretStringWo": unsupported,
            "secretStringWoVersion": unsupported,
        },
        rules=(_one_value,),
        sets=("versionStages",),
        create=_put_version,
        read=_read_version,
        update=_update_version,
        delete=_delete_version,
    ),
)
