"""KMS keys and their aliases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code, says
from sandbox.plugins.aws.policies import same_policy, sorted_json
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import (
    between,
    every,
    excludes,
    json_text,
    length,
    matches,
    model,
    unsupported,
)
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import UNKNOWN, Props
from sandbox.plugins.framework.waiting import retry, settle, wait_until

_SYMMETRIC = "SYMMETRIC_DEFAULT"
_SECONDS = 600
_SETTLED_SECONDS = 10  # of a new key
_POLICY = "default"  # the only name a key's policy may have


def _kms(call: Call[Aws]) -> Any:
    return call.cloud.client("kms", call.region)


# Keys


def _create_key(call: Call[Aws]) -> str:
    kms, new = _kms(call), call.new
    wanted: Props = {
        "BypassPolicyLockoutSafetyCheck": new.get("bypassPolicyLockoutSafetyCheck"),
        "Description": new.get("description"),
        "KeySpec": new["customerMasterKeySpec"],
        "KeyUsage": new["keyUsage"],
        "MultiRegion": new.get("multiRegion"),
        "Policy": new.get("policy"),
        "Tags": tags.listed(new.get("tagsAll"), "TagKey", "TagValue"),
    }
    wanted = {name: value for name, value in wanted.items() if value}
    made = retry(
        lambda: kms.create_key(**wanted),
        lambda error: code(error) == "MalformedPolicyDocumentException",
        seconds=PROPAGATION_SECONDS,
    )
    call.id = made["KeyMetadata"]["KeyId"]
    settle(_SETTLED_SECONDS)
    if new.get("enableKeyRotation"):
        _rotate(kms, call)
    if new.get("isEnabled") is False:
        kms.disable_key(KeyId=call.id)
    return call.id


def _rotate(kms: Any, call: Call[Aws]) -> None:
    period = {"RotationPeriodInDays": call.new["rotationPeriodInDays"]} if call.new.get("rotationPeriodInDays") else {}
    kms.enable_key_rotation(KeyId=call.id, **period)


def _key(kms: Any, key_id: str) -> Props:
    """An empty answer when there is none, or none for long."""
    try:
        found = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    except Exception as error:
        if code(error) == "NotFoundException":
            return {}
        raise
    return {} if found["KeyState"] == "PendingDeletion" else found


def _read_key(call: Call[Aws]) -> Props | None:
    kms = _kms(call)
    found = _key(kms, call.id)
    if not found:
        return None
    rotation = kms.get_key_rotation_status(KeyId=call.id) if found["KeySpec"] == _SYMMETRIC else {}
    listed = kms.list_resource_tags(KeyId=call.id)["Tags"]
    return {
        "arn": found["Arn"],
        "keyId": found["KeyId"],
        "customerMasterKeySpec": found["KeySpec"],
        "description": found["Description"],
        "enableKeyRotation": rotation.get("KeyRotationEnabled", False),
        "isEnabled": found["Enabled"],
        "keyUsage": found["KeyUsage"],
        "multiRegion": found["MultiRegion"],
        "policy": sorted_json(kms.get_key_policy(KeyId=call.id, PolicyName=_POLICY)["Policy"]),
        "rotationPeriodInDays": rotation.get("RotationPeriodInDays"),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(listed, "TagKey", "TagValue")),
    }


def _update_key(call: Call[Aws]) -> None:
    """Enabled first and disabled last: a disabled key can be changed in little."""
    kms, new = _kms(call), call.new
    tags.update(
        call,
        lambda keys: kms.untag_resource(KeyId=call.id, TagKeys=keys),
        lambda changed: kms.tag_resource(KeyId=call.id, Tags=tags.listed(changed, "TagKey", "TagValue")),
    )
    enabled = new.get("isEnabled", True)
    if call.changed("isEnabled") and enabled:
        kms.enable_key(KeyId=call.id)
    if call.changed("enableKeyRotation", "rotationPeriodInDays"):
        if new.get("enableKeyRotation"):
            _rotate(kms, call)
        else:
            kms.disable_key_rotation(KeyId=call.id)
    if "description" in new and call.changed("description"):
        kms.update_key_description(KeyId=call.id, Description=new["description"])
    if new.get("policy") and not same_policy(call.old.get("policy"), new["policy"]):
        kms.put_key_policy(KeyId=call.id, PolicyName=_POLICY, Policy=new["policy"])
    if call.changed("isEnabled") and not enabled:
        kms.disable_key(KeyId=call.id)


def _delete_key(call: Call[Aws]) -> None:
    """KMS keeps it for the days of its window, in which the deletion can be called off."""
    kms, days = _kms(call), call.old.get("deletionWindowInDays")
    try:
        kms.schedule_key_deletion(KeyId=call.id, **({"PendingWindowInDays": days} if days else {}))
    except Exception as error:
        if code(error) == "NotFoundException" or says(error, "KMSInvalidStateException", "is pending deletion"):
            return
        raise
    wait_until(lambda: not _key(kms, call.id), seconds=_SECONDS, what=f"key {call.id} to be pending deletion")


def _rules(inputs: Props) -> Iterable[Failure]:
    if inputs.get("rotationPeriodInDays") and inputs.get("enableKeyRotation") not in (True, UNKNOWN):
        yield Failure("rotationPeriodInDays", "needs enableKeyRotation")


# Aliases


def _create_alias(call: Call[Aws]) -> str:
    kms, name = _kms(call), prefixed(call.new)
    retry(
        lambda: kms.create_alias(AliasName=name, TargetKeyId=call.new["targetKeyId"]),
        lambda error: code(error) == "NotFoundException",
        seconds=PROPAGATION_SECONDS,
    )
    return name


def _read_alias(call: Call[Aws]) -> Props | None:
    pages = _kms(call).get_paginator("list_aliases").paginate()
    found = next((each for page in pages for each in page["Aliases"] if each["AliasName"] == call.id), None)
    if found is None or not found.get("TargetKeyId"):
        return None
    arn = found["AliasArn"]
    return {
        "arn": arn,
        "name": call.id,
        "targetKeyId": found["TargetKeyId"],
        "targetKeyArn": f"{arn.rpartition(':alias/')[0]}:key/{found['TargetKeyId']}",
        "region": call.region or call.cloud.region,
    }


def _update_alias(call: Call[Aws]) -> None:
    if call.changed("targetKeyId"):
        _kms(call).update_alias(AliasName=call.id, TargetKeyId=call.new["targetKeyId"])


def _delete_alias(call: Call[Aws]) -> None:
    try:
        _kms(call).delete_alias(AliasName=call.id)
    except Exception as error:
        if code(error) != "NotFoundException":
            raise


def _same_key(one: str, other: str) -> bool:
    """An id and the ARN that ends in it."""
    return one.rpartition("key/")[2] == other.rpartition("key/")[2]


_ALIAS = every(
    matches(r"alias/[a-zA-Z0-9/_-]+", "be alias/ and letters, digits, /, _ and -"),
    excludes(r"^alias/aws/", "begin with alias/aws/, which is AWS's own"),
)

ENTRIES = (
    Entry(
        token="aws:kms/key:Key",
        replaces=("keyUsage", "customerMasterKeySpec", "multiRegion", "customKeyStoreId", "xksKeyId"),
        defaults={
            "bypassPolicyLockoutSafetyCheck": False,
            "customerMasterKeySpec": _SYMMETRIC,
            "enableKeyRotation": False,
            "isEnabled": True,
            "keyUsage": "ENCRYPT_DECRYPT",
        },
        computed=("description", "multiRegion", "policy", "rotationPeriodInDays"),
        checks={
            "customerMasterKeySpec": model("kms", "CreateKey", "KeySpec"),
            "deletionWindowInDays": between(7, 30),
            "description": length(0, 8192),
            "keyUsage": model("kms", "CreateKey", "KeyUsage"),
            "policy": json_text,
            "rotationPeriodInDays": between(90, 2560),
            **dict.fromkeys(("customKeyStoreId", "xksKeyId"), unsupported),
        },
        rules=(_rules,),
        same={"policy": same_policy},
        keeps=("policy",),
        stored={"policy": sorted_json},
        tags=True,
        create=_create_key,
        read=_read_key,
        update=_update_key,
        delete=_delete_key,
    ),
    Entry(
        token="aws:kms/alias:Alias",
        replaces=("name", "namePrefix"),
        autoname=AutoName(longest=238, prefix="alias/"),
        checks={"name": _ALIAS, "namePrefix": _ALIAS},
        same={"targetKeyId": _same_key},
        keeps=("targetKeyId",),
        create=_create_alias,
        read=_read_alias,
        update=_update_alias,
        delete=_delete_alias,
    ),
)
