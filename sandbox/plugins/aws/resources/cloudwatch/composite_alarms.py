"""Alarms on other alarms."""

from __future__ import annotations

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources.cloudwatch.alarm_parts import (
    ACTIONS,
    COMMON,
    FEW_ACTIONS,
    client,
    common,
    common_request,
    delete,
    find,
    update_tags,
)
from sandbox.plugins.framework.constraints import (
    length,
)
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.values import Props


def _put_composite_alarm(call: Call[Aws]) -> str:
    new = call.new
    wanted = common_request(new, new["alarmName"]) | {"AlarmRule": new["alarmRule"]}
    if suppressor := new.get("actionsSuppressor"):
        wanted |= {
            "ActionsSuppressor": suppressor["alarm"],
            "ActionsSuppressorWaitPeriod": suppressor["waitPeriod"],
            "ActionsSuppressorExtensionPeriod": suppressor["extensionPeriod"],
        }
    client(call).put_composite_alarm(**wanted)
    return new["alarmName"]


def _update_composite_alarm(call: Call[Aws]) -> None:
    update_tags(call)
    if call.changed("alarmRule", "actionsSuppressor", *COMMON):
        _put_composite_alarm(call)


def _read_composite_alarm(call: Call[Aws]) -> Props | None:
    alarm = find(call, "CompositeAlarm")
    if not alarm:
        return None
    suppressor: Props | None = None
    if alarm.get("ActionsSuppressor"):
        suppressor = {
            "alarm": alarm["ActionsSuppressor"],
            "waitPeriod": alarm["ActionsSuppressorWaitPeriod"],
            "extensionPeriod": alarm["ActionsSuppressorExtensionPeriod"],
        }
    return {
        "alarmName": alarm["AlarmName"],
        "alarmRule": alarm["AlarmRule"],
        "actionsSuppressor": suppressor,
        **common(call, alarm),
    }


ENTRIES = (
    Entry(
        token="aws:cloudwatch/compositeAlarm:CompositeAlarm",
        replaces=("alarmName", "actionsEnabled"),
        defaults={"actionsEnabled": True},
        checks={
            "alarmName": length(1, 255),
            "alarmDescription": length(0, 1024),
            "alarmRule": length(1, 10_240),
            **dict.fromkeys(ACTIONS, FEW_ACTIONS),
        },
        sets=ACTIONS,
        tags=True,
        create=_put_composite_alarm,
        read=_read_composite_alarm,
        update=_update_composite_alarm,
        delete=delete,
    ),
)
