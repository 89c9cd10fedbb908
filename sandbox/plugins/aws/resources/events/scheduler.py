"""EventBridge Scheduler's groups; schedules are in `schedules`."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import matches
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import wait_until

_SECONDS = 300


def _scheduler(call: Call[Aws]) -> Any:
    return call.cloud.client("scheduler", call.region)


def _found(call: Call[Aws]) -> Props | None:
    try:
        return _scheduler(call).get_schedule_group(Name=call.id)
    except Exception as error:
        if code(error) == "ResourceNotFoundException":
            return None
        raise


def _create(call: Call[Aws]) -> str:
    name, wanted = prefixed(call.new), tags.listed(call.new.get("tagsAll"))
    _scheduler(call).create_schedule_group(Name=name, **({"Tags": wanted} if wanted else {}))
    call.id = name
    wait_until(
        lambda: (_found(call) or {}).get("State", "ACTIVE") == "ACTIVE", seconds=_SECONDS, what=f"schedule group {name}"
    )
    return name


def _read(call: Call[Aws]) -> Props | None:
    found = _found(call)
    if found is None:
        return None
    listed = _scheduler(call).list_tags_for_resource(ResourceArn=found["Arn"]).get("Tags", [])
    return {
        "arn": found["Arn"],
        "name": found["Name"],
        "state": found.get("State", "ACTIVE"),
        "creationDate": str(found.get("CreationDate", "")),
        "lastModificationDate": str(found.get("LastModificationDate", "")),
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(listed)),
    }


def _update(call: Call[Aws]) -> None:
    client, own_arn = _scheduler(call), call.old["arn"]
    tags.update(
        call,
        lambda keys: client.untag_resource(ResourceArn=own_arn, TagKeys=keys),
        lambda changed: client.tag_resource(ResourceArn=own_arn, Tags=tags.listed(changed)),
    )


def _delete(call: Call[Aws]) -> None:
    """Its schedules go with it."""
    if _found(call) is None:  # of which moto makes an internal error
        return
    _scheduler(call).delete_schedule_group(Name=call.id)
    wait_until(lambda: _found(call) is None, seconds=_SECONDS, what=f"schedule group {call.id} to be gone")


ENTRIES = (
    Entry(
        token="aws:scheduler/scheduleGroup:ScheduleGroup",
        replaces=("name", "namePrefix"),
        autoname=AutoName(longest=64),
        checks={"name": matches(r"[0-9A-Za-z_.-]{1,64}", "be up to 64 letters, digits and _.-")},
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
