"""What every alarm has, and how it is found, tagged and deleted."""

from __future__ import annotations

import re
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import (
    arn,
    each,
    every,
    length,
)
from sandbox.plugins.framework.entry import Call
from sandbox.plugins.framework.values import Props


def client(call: Call[Aws]) -> Any:
    return call.cloud.client("cloudwatch", call.region)


def find(call: Call[Aws], kind: str) -> Props:
    """The alarm of this name and kind with its tags, or nothing."""
    cloudwatch = client(call)
    found = cloudwatch.describe_alarms(AlarmNames=[call.id], AlarmTypes=[kind])[f"{kind}s"]
    if not found:
        return {}
    listed = cloudwatch.list_tags_for_resource(ResourceARN=found[0]["AlarmArn"])["Tags"]
    return found[0] | {"Tags": listed}


def common(call: Call[Aws], alarm: Props) -> Props:
    """What every alarm has."""
    return {
        "arn": alarm["AlarmArn"],
        "actionsEnabled": alarm["ActionsEnabled"],
        "alarmActions": alarm.get("AlarmActions", []),
        "alarmDescription": alarm.get("AlarmDescription", ""),
        "insufficientDataActions": alarm.get("InsufficientDataActions", []),
        "okActions": alarm.get("OKActions", []),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(alarm["Tags"])),
    }


def common_request(new: Props, name: str) -> Props:
    wanted: Props = {
        "AlarmName": name,
        "AlarmActions": new.get("alarmActions"),
        "AlarmDescription": new.get("alarmDescription"),
        "InsufficientDataActions": new.get("insufficientDataActions"),
        "OKActions": new.get("okActions"),
        "Tags": tags.listed(new.get("tagsAll")),
    }
    return {key: value for key, value in wanted.items() if value} | {"ActionsEnabled": new["actionsEnabled"]}


def update_tags(call: Call[Aws]) -> None:
    cloudwatch, alarm_arn = client(call), call.old["arn"]
    tags.update(
        call,
        lambda keys: cloudwatch.untag_resource(ResourceARN=alarm_arn, TagKeys=keys),
        lambda changed: cloudwatch.tag_resource(ResourceARN=alarm_arn, Tags=tags.listed(changed)),
    )


def delete(call: Call[Aws]) -> None:
    try:
        client(call).delete_alarms(AlarmNames=[call.id])
    except Exception as error:
        if code(error) not in {"ResourceNotFound", "ResourceNotFoundException"}:
            raise


COMMON = ("actionsEnabled", "alarmActions", "alarmDescription", "insufficientDataActions", "okActions")


def action(value: str) -> str | None:
    """EC2's own actions have no account and no more than a verb."""
    return None if re.fullmatch(r"arn:aws[\w-]*:automate:[\w-]+:ec2:\w+", value) else arn(value)


ACTIONS = ("alarmActions", "insufficientDataActions", "okActions")
FEW_ACTIONS = every(length(0, 5), each(action))
