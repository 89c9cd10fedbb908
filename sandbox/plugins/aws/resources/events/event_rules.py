"""EventBridge's rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import PROPAGATION_SECONDS, Aws, code, says
from sandbox.plugins.aws.policies import same_json, sorted_json
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import (
    arn,
    every,
    json_text,
    length,
    matches,
    one_of,
    unsupported,
)
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry, wait_until

_DEFAULT_BUS = "default"
_MINUTES_5 = 300


def _events(call: Call[Aws]) -> Any:
    return call.cloud.client("events", call.region)


def _gone(error: Exception) -> bool:
    return code(error) == "ResourceNotFoundException"


def _put_rule(call: Call[Aws]) -> str:
    """Takes over a rule of that name; a role made a moment ago may not be believed in yet."""
    events, new = _events(call), call.new
    name = _place(call.id)[1] if call.id else prefixed(new)
    wanted: Props = {
        "Description": new.get("description"),
        "EventBusName": new["eventBusName"],
        "EventPattern": new.get("eventPattern"),
        "RoleArn": new.get("roleArn"),
        "ScheduleExpression": new.get("scheduleExpression"),
        "State": new["state"],
        "Tags": tags.listed(new.get("tagsAll")) if not call.id else None,
    }
    wanted = {field: value for field, value in wanted.items() if value} | {"Name": name}
    retry(
        lambda: events.put_rule(**wanted),
        lambda error: says(error, "ValidationException", "cannot be assumed by principal"),
        seconds=PROPAGATION_SECONDS,
    )
    rule_id = name if new["eventBusName"] == _DEFAULT_BUS else f"{new['eventBusName']}/{name}"
    wait_until(
        lambda: bool(_rule(events, new["eventBusName"], name)),
        seconds=PROPAGATION_SECONDS,
        what=f"rule {rule_id} to exist",
    )
    return rule_id


def _rule(events: Any, bus: str, name: str) -> Props:
    """An empty answer when there is none."""
    try:
        return events.describe_rule(EventBusName=bus, Name=name)
    except Exception as error:
        if _gone(error):
            return {}
        raise


def _place(rule_id: str) -> tuple[str, str]:
    """The bus, which may be an ARN, and the name on it."""
    bus, _, name = rule_id.rpartition("/")
    return bus or _DEFAULT_BUS, name


def _read_rule(call: Call[Aws]) -> Props | None:
    events, (bus, name) = _events(call), _place(call.id)
    found = _rule(events, bus, name)
    if not found:
        return None
    listed = events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"]
    pattern = found.get("EventPattern")
    return {
        "arn": found["Arn"],
        "name": found["Name"],
        "description": found.get("Description", ""),
        "eventBusName": bus,
        "eventPattern": sorted_json(pattern) if pattern else "",
        "roleArn": found.get("RoleArn", ""),
        "scheduleExpression": found.get("ScheduleExpression", ""),
        "state": found["State"],
        "region": call.region or call.cloud.region,
        **tags.found(call, tags.mapped_from(listed)),
    }


def _update_rule(call: Call[Aws]) -> None:
    events, rule_arn = _events(call), call.old["arn"]
    tags.update(
        call,
        lambda keys: events.untag_resource(ResourceARN=rule_arn, TagKeys=keys),
        lambda changed: events.tag_resource(ResourceARN=rule_arn, Tags=tags.listed(changed)),
    )
    if call.changed("description", "eventPattern", "roleArn", "scheduleExpression", "state"):
        _put_rule(call)


def _delete_rule(call: Call[Aws]) -> None:
    """Targets that are being removed at the same time are waited for."""
    events, (bus, name) = _events(call), _place(call.id)
    force = {"Force": True} if call.old.get("forceDestroy") else {}
    try:
        retry(
            lambda: events.delete_rule(EventBusName=bus, Name=name, **force),
            lambda error: says(error, "ValidationException", "Rule can't be deleted since it has targets"),
            seconds=_MINUTES_5,
        )
    except Exception as error:
        if not _gone(error):
            raise


def _has_trigger(inputs: Props) -> Iterable[Failure]:
    if not inputs.get("eventPattern") and not inputs.get("scheduleExpression"):
        yield Failure("eventPattern", "is missing: set eventPattern or scheduleExpression")


def _pattern(value: str) -> str | None:
    return json_text(value) or length(0, 4096)(sorted_json(value))


_NAME = matches(r"[0-9A-Za-z._-]*", "have only letters, digits and ._-")
ENTRIES = (
    Entry(
        token="aws:cloudwatch/eventRule:EventRule",
        replaces=("name", "namePrefix", "eventBusName"),
        autoname=AutoName(longest=64),
        defaults={"eventBusName": _DEFAULT_BUS, "forceDestroy": False, "state": "ENABLED"},
        checks={
            "name": every(length(1, 64), _NAME),
            "namePrefix": every(length(1, 38), _NAME),
            "description": length(0, 512),
            "eventPattern": _pattern,
            "isEnabled": unsupported,
            "roleArn": arn,
            "scheduleExpression": length(0, 256),
            "state": one_of("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"),
        },
        rules=(_has_trigger,),
        same={"eventPattern": same_json},
        keeps=("eventPattern",),
        stored={"eventPattern": sorted_json},
        tags=True,
        create=_put_rule,
        read=_read_rule,
        update=_update_rule,
        delete=_delete_rule,
    ),
)
