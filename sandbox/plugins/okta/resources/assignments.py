"""Which groups may use an app: one at a time, or all of them at once."""

from __future__ import annotations

import json
from typing import Any

from sandbox.plugins.framework.constraints import json_text
from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.okta.client import PAGE, Okta, OktaError, gone
from sandbox.plugins.okta.resources.groups import same_json


def _path(app_id: str, group_id: str) -> str:
    return f"/api/v1/apps/{app_id}/groups/{group_id}"


# One group


def _body(new: Props) -> Props:
    body: Props = {}
    if profile := json.loads(new.get("profile") or "{}"):
        body["profile"] = profile
    if new.get("priority"):
        body["priority"] = new["priority"]
    return body


def _assign(call: Call[Okta]) -> str:
    call.cloud.put(_path(call.new["appId"], call.new["groupId"]), _body(call.new), retry_500=True)
    return call.new["groupId"]


def _update(call: Call[Okta]) -> None:
    call.cloud.put(_path(call.new["appId"], call.new["groupId"]), _body(call.new))


def _read(call: Call[Okta]) -> Props | None:
    try:
        found = call.cloud.get(_path(call.old["appId"], call.old["groupId"]))
    except Exception as error:
        if gone(error):
            return None
        raise
    return {"profile": json.dumps(found.get("profile")), "priority": found.get("priority")}


def _unassign(call: Call[Okta]) -> None:
    if not call.old.get("retainAssignment"):
        call.cloud.delete(_path(call.old["appId"], call.old["groupId"]))


def _import(import_id: str) -> tuple[str, Props]:
    app_id, _, group_id = import_id.partition("/")
    if not group_id:
        raise PluginError("invalid import ID: the form is `app_id/group_id`")
    return group_id, {"appId": app_id, "groupId": group_id, "retainAssignment": False}


# All groups


def _put(okta: Okta, app_id: str, group: Props) -> None:
    body: Props = {"id": group["id"], "profile": json.loads(group.get("profile") or "{}")}
    if group.get("priority") is not None:
        body["priority"] = group["priority"]
    okta.put(_path(app_id, group["id"]), body)


def _remove(okta: Okta, app_id: str, group_id: str) -> None:
    try:
        okta.delete(_path(app_id, group_id))
    except OktaError as error:
        if not gone(error):
            raise


def _assign_all(call: Call[Okta]) -> str:
    for group in call.new.get("groups") or ():
        _put(call.cloud, call.new["appId"], group)
    return call.new["appId"]


def _update_all(call: Call[Okta]) -> None:
    """Every group that stays is written again, changed or not."""
    wanted = {group["id"] for group in call.new.get("groups") or ()}
    for group in call.old.get("groups") or ():
        if group["id"] not in wanted:
            _remove(call.cloud, call.new["appId"], group["id"])
    _assign_all(call)


def _read_all(call: Call[Okta]) -> Props | None:
    """Known groups first, in their order; then those somebody else assigned, which the next update removes."""
    app_id = call.old.get("appId") or call.id
    try:
        found = {item["id"]: item for item in call.cloud.pages(f"/api/v1/apps/{app_id}/groups", limit=PAGE)}
    except OktaError as error:
        if gone(error):
            return None
        raise
    known = {group["id"]: group for group in call.old.get("groups") or ()}
    order = [group_id for group_id in known if group_id in found]
    order += [group_id for group_id in found if group_id not in known]
    groups = [_shown(found[group_id], known.get(group_id, {})) for group_id in order]
    return {"appId": app_id, "groups": groups}


def _shown(item: Any, known: Props) -> Props:
    """A priority that the user did not set is Okta's own business; an answer without a profile is a difference."""
    shown: Props = {"id": item["id"]}
    if "profile" in item:
        profile = json.dumps(item["profile"], separators=(",", ":"))
        wanted = known.get("profile")
        shown["profile"] = wanted if wanted and same_json(wanted, profile) else profile
    if "priority" in known:
        shown["priority"] = item.get("priority")
    return shown


def _remove_all(call: Call[Okta]) -> None:
    for group in call.old.get("groups") or ():
        _remove(call.cloud, call.old["appId"], group["id"])


ENTRIES = (
    Entry(
        token="okta:app/groupAssignment:GroupAssignment",
        replaces=("appId", "groupId"),
        defaults={"retainAssignment": False},
        computed=("priority", "profile"),
        checks={"profile": json_text},
        same={"profile": same_json},
        create=_assign,
        read=_read,
        update=_update,
        delete=_unassign,
        imports=_import,
    ),
    Entry(
        token="okta:index/appGroupAssignments:AppGroupAssignments",
        replaces=("appId",),
        computed=("groups.priority",),
        checks={"groups.profile": json_text},
        same={"groups.profile": same_json},
        create=_assign_all,
        read=_read_all,
        update=_update_all,
        delete=_remove_all,
    ),
)
