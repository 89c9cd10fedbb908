"""CloudWatch log groups."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import arn, every, length, matches, one_of
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry

_NEVER = 0
_RETENTION_DAYS = (
    *(_NEVER, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_NAME = matches(r"[0-9A-Za-z_./#-]*", "have only letters, digits and _./#-")


def _logs(call: Call[Aws]) -> Any:
    return call.cloud.client("logs", call.region)


def _create(call: Call[Aws]) -> str:
    logs, new, name = _logs(call), call.new, prefixed(call.new)
    wanted: Props = {
        "logGroupName": name,
        "logGroupClass": new.get("logGroupClass"),
        "kmsKeyId": new.get("kmsKeyId"),
        "deletionProtectionEnabled": new.get("deletionProtectionEnabled"),
        "tags": new.get("tagsAll"),
    }
    logs.create_log_group(**{key: value for key, value in wanted.items() if value})
    call.id = name
    if _retention(new):
        logs.put_retention_policy(logGroupName=name, retentionInDays=_retention(new))
    return name


def _retention(props: Props) -> int:
    """Groups of class DELIVERY keep their own."""
    return 0 if props.get("logGroupClass") == "DELIVERY" else props.get("retentionInDays") or 0


def _read(call: Call[Aws]) -> Props | None:
    logs = _logs(call)
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=call.id)
    groups = (group for page in pages for group in page["logGroups"] if group["logGroupName"] == call.id)
    group = next(groups, None)
    if group is None:
        return None
    group_arn = group["arn"].removesuffix(":*")
    return {
        "arn": group_arn,
        "name": group["logGroupName"],
        "logGroupClass": group.get("logGroupClass", "STANDARD"),
        "retentionInDays": group.get("retentionInDays", _NEVER),
        "kmsKeyId": group.get("kmsKeyId"),
        "deletionProtectionEnabled": group.get("deletionProtectionEnabled", call.old.get("deletionProtectionEnabled")),
        "region": call.region or call.cloud.region,
        **tags.found(call, logs.list_tags_for_resource(resourceArn=group_arn).get("tags", {})),
    }


def _update(call: Call[Aws]) -> None:
    logs, new, name = _logs(call), call.new, call.id
    tags.update(
        call,
        lambda keys: logs.untag_resource(resourceArn=call.old["arn"], tagKeys=keys),
        lambda changed: logs.tag_resource(resourceArn=call.old["arn"], tags=changed),
    )
    if call.changed("retentionInDays"):
        if _retention(new):
            logs.put_retention_policy(logGroupName=name, retentionInDays=_retention(new))
        else:
            logs.delete_retention_policy(logGroupName=name)
    if call.changed("deletionProtectionEnabled"):
        enabled = bool(new.get("deletionProtectionEnabled"))
        logs.put_log_group_deletion_protection(logGroupIdentifier=call.old["arn"], deletionProtectionEnabled=enabled)
    if call.changed("kmsKeyId"):
        if new.get("kmsKeyId"):
            logs.associate_kms_key(logGroupName=name, kmsKeyId=new["kmsKeyId"])
        else:
            logs.disassociate_kms_key(logGroupName=name)


def _delete(call: Call[Aws]) -> None:
    """With `skipDestroy` the group stays and only state forgets it. A protected group is an error."""
    if call.old.get("skipDestroy"):
        return
    logs = _logs(call)
    try:
        retry(
            lambda: logs.delete_log_group(logGroupName=call.id),
            lambda error: says(error, "OperationAbortedException", "try again"),
            seconds=60,
        )
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise


ENTRIES = (
    Entry(
        token="aws:cloudwatch/logGroup:LogGroup",
        replaces=("name", "namePrefix", "logGroupClass"),
        autoname=AutoName(),
        defaults={"retentionInDays": _NEVER, "skipDestroy": False},
        computed=("logGroupClass", "deletionProtectionEnabled"),
        checks={
            "name": every(length(1, 512), _NAME),
            "namePrefix": every(length(1, 486), _NAME),
            "logGroupClass": one_of("STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),
            "retentionInDays": one_of(*_RETENTION_DAYS),
            "kmsKeyId": arn,
        },
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
