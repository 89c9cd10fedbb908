"""Groups."""

from __future__ import annotations

import json

from sandbox.plugins.framework.constraints import json_text
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry
from sandbox.plugins.okta.client import Okta, gone

CONSISTENT_SECONDS = 10
"""How long a write may take to show."""


def _profile(new: Props) -> Props:
    """The whole of it: an update replaces what it leaves out."""
    custom = json.loads(new.get("customProfileAttributes") or "{}")
    profile = {"name": new["name"], "description": new.get("description")} | custom
    return {"profile": {name: value for name, value in profile.items() if value is not None}}


def _create(call: Call[Okta]) -> str:
    group_id = call.cloud.post("/api/v1/groups", _profile(call.new))["id"]
    retry(lambda: call.cloud.get(f"/api/v1/groups/{group_id}"), gone, seconds=CONSISTENT_SECONDS)
    return group_id


def _read(call: Call[Okta]) -> Props | None:
    try:
        profile = call.cloud.get(f"/api/v1/groups/{call.id}")["profile"]
    except Exception as error:
        if gone(error):
            return None
        raise
    return {"name": profile["name"], "description": profile.get("description"), **_custom(call, profile)}


def _custom(call: Call[Okta], profile: Props) -> Props:
    """Only the attributes the user manages."""
    known = json.loads(call.old.get("customProfileAttributes") or "{}")
    if not known:
        return {}
    return {"customProfileAttributes": json.dumps({name: profile[name] for name in known if name in profile})}


def _update(call: Call[Okta]) -> None:
    call.cloud.put(f"/api/v1/groups/{call.id}", _profile(call.new))


def _delete(call: Call[Okta]) -> None:
    """A group deleted behind Pulumi's back is an error until a refresh."""
    call.cloud.delete(f"/api/v1/groups/{call.id}")


def same_json(one: str, other: str) -> bool:
    return not json_text(one) and not json_text(other) and json.loads(one) == json.loads(other)


ENTRIES = (
    Entry(
        token="okta:group/group:Group",
        autoname=AutoName(),
        defaults={"skipUsers": False},
        checks={"customProfileAttributes": json_text},
        same={"customProfileAttributes": same_json},
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
    ),
)
