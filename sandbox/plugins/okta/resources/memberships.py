"""Who is in a group."""

from __future__ import annotations

from contextlib import suppress

from sandbox.plugins.framework.entry import Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import wait_until
from sandbox.plugins.okta.client import PAGE, Okta, OktaError, gone
from sandbox.plugins.okta.resources.groups import CONSISTENT_SECONDS


def _members(okta: Okta, group_id: str) -> list[str]:
    return [user["id"] for user in okta.pages(f"/api/v1/groups/{group_id}/users", limit=PAGE)]


def _add(okta: Okta, group_id: str, users: list[str]) -> None:
    """One after another, up to the first that fails."""
    for user in users:
        okta.put(f"/api/v1/groups/{group_id}/users/{user}")


def _remove(okta: Okta, group_id: str, users: list[str]) -> None:
    for user in users:
        try:
            okta.delete(f"/api/v1/groups/{group_id}/users/{user}")
        except OktaError as error:
            if not gone(error):
                raise


def _create(call: Call[Okta]) -> str:
    """Members that are there already are not looked at."""
    group_id, users = call.new["groupId"], call.new["users"]
    if users:
        _add(call.cloud, group_id, users)
        wait_until(
            lambda: bool(_members(call.cloud, group_id)),
            seconds=CONSISTENT_SECONDS,
            what=f"group {group_id} to have members",
        )
    return group_id


def _update(call: Call[Okta]) -> None:
    """As in the official plug-in: an error is lost, and state claims every member. Only a refresh tells."""
    old, new = call.old.get("users", []), call.new["users"]
    group_id = call.new["groupId"]
    with suppress(OktaError):
        _add(call.cloud, group_id, [user for user in new if user not in old])
    with suppress(OktaError):
        _remove(call.cloud, group_id, [user for user in old if user not in new])


def _read(call: Call[Okta]) -> Props:
    """Of a group that is gone, an empty membership; hand-added members show only with `trackAllUsers`."""
    group_id = call.old.get("groupId") or call.id
    importing = "users" not in call.old
    known = _members(call.cloud, group_id) if importing else call.old["users"]
    try:
        found = _members(call.cloud, group_id)
    except OktaError as error:
        if not gone(error):
            raise
        found = []
    tracked = call.old.get("trackAllUsers", False)
    kept = [user for user in known if user in found]
    users = kept + [user for user in found if user not in kept] if tracked else kept
    return {"groupId": group_id, "users": users, "trackAllUsers": tracked}


def _delete(call: Call[Okta]) -> None:
    """Removes those in state; others stay in the group."""
    _remove(call.cloud, call.old["groupId"], call.old.get("users", []))


def _import(import_id: str) -> tuple[str, Props]:
    parts = import_id.split("/")
    if len(parts) > 2:
        raise PluginError("invalid import ID: the form is `group_id` or `group_id/true`")
    return parts[0], {"groupId": parts[0], "trackAllUsers": parts[1:] == ["true"]}


ENTRIES = (
    Entry(
        token="okta:index/groupMemberships:GroupMemberships",
        replaces=("groupId",),
        defaults={"trackAllUsers": False},
        sets=("users",),
        reads_back=False,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        imports=_import,
    ),
)
