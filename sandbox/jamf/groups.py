"""Computer groups of the Pro API: static ones, whose members only the Classic API shows, and smart ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint

from sandbox.jamf import fleet, paging
from sandbox.jamf.context import creating, database, json_body
from sandbox.jamf.errors import JamfError, pro_not_found
from sandbox.jamf.scoping import criteria, scope
from sandbox.jamf.scoping.membership import members
from sandbox.jamf.store import Database, Json, Kind, Thing

routes = Blueprint("groups", __name__)

STATIC, SMART = "static-groups", "smart-groups"
VERSIONS = "/api/<any(v2, v3):version>/computer-groups"
NO_CONTENT = ("", 204)


def find(identifier: str, *, smart: bool) -> Thing:
    group = database().seen(Kind.GROUP, int(identifier)) if identifier.isdecimal() else None
    return group if group and group.body["smart"] == smart else pro_not_found(identifier)


def remove(database: Database, group: Thing) -> None:
    """A group that a profile's or policy's scope names cannot go (an assumption: what Jamf does is not known)."""
    users = [
        thing.body["general"]["name"]
        for kind in (Kind.PROFILE, Kind.POLICY)
        for thing in database.things(kind)
        if scope.names_group(thing.body["scope"], group.id)
    ]
    if users:
        raise JamfError(409, f"The group is in the scope of {', '.join(users)}", code="HAS_DEPENDENCIES")
    database.remove(Kind.GROUP, group.id)
    fleet.reconcile(database)


@routes.get(f"{VERSIONS}/<any('static-groups', 'smart-groups'):sort>")
def list_groups(version: str, sort: str) -> Json:  # noqa: ARG001 - v2 has the same shape
    smart, macs = sort == SMART, database().things(Kind.COMPUTER)
    counted = "membershipCount" if smart else "count"
    found = [
        {**_summary(group), counted: len(members(group, macs))}
        for group in database().all_seen(Kind.GROUP)
        if group.body["smart"] == smart
    ]
    return paging.page(found, {"id", "name", "description", "siteId"})


@routes.post(f"{VERSIONS}/static-groups")
def create_static(version: str) -> tuple[Json, int]:
    with creating(Kind.GROUP):
        return _created(version, STATIC, _static(json_body()))


@routes.post(f"{VERSIONS}/smart-groups")
def create_smart(version: str) -> tuple[Json, int]:
    with creating(Kind.GROUP):
        return _created(version, SMART, _smart(json_body()))


@routes.get(f"{VERSIONS}/static-groups/<identifier>")
def get_static(version: str, identifier: str) -> Json:  # noqa: ARG001
    return _summary(find(identifier, smart=False))


@routes.get(f"{VERSIONS}/smart-groups/<identifier>")
def get_smart(version: str, identifier: str) -> Json:  # noqa: ARG001
    group = find(identifier, smart=True)
    return {**_summary(group), "criteria": group.body["criteria"]}


@routes.put(f"{VERSIONS}/static-groups/<identifier>")
def replace_static(version: str, identifier: str) -> tuple[Json, int]:  # noqa: ARG001
    """All members at once."""
    return _replaced(find(identifier, smart=False), _static), 202


@routes.put(f"{VERSIONS}/smart-groups/<identifier>")
def replace_smart(version: str, identifier: str) -> tuple[Json, int]:  # noqa: ARG001
    return _replaced(find(identifier, smart=True), _smart), 202


@routes.delete(f"{VERSIONS}/<any('static-groups', 'smart-groups'):sort>/<identifier>")
def delete_group(version: str, sort: str, identifier: str) -> tuple[str, int]:  # noqa: ARG001
    remove(database(), find(identifier, smart=sort == SMART))
    return NO_CONTENT


@routes.get(f"{VERSIONS}/smart-group-membership/<identifier>")
def membership(version: str, identifier: str) -> Json:  # noqa: ARG001
    return {"members": sorted(members(find(identifier, smart=True), database().things(Kind.COMPUTER)))}


@routes.post("/api/v1/smart-computer-groups/<identifier>/recalculate")
def recalculate(identifier: str) -> Json:
    """Membership is computed whenever it is asked for: there is nothing to bring up to date."""
    return {"count": len(members(find(identifier, smart=True), database().things(Kind.COMPUTER)))}


def _summary(group: Thing) -> Json:
    return {"id": str(group.id), **{name: group.body[name] for name in ("name", "description", "siteId")}}


def _created(version: str, sort: str, body: Json) -> tuple[Json, int]:
    _unique(body["name"], None)
    group = database().add(Kind.GROUP, body, name=body["name"])
    fleet.reconcile(database())
    return {"id": str(group.id), "href": f"/api/{version}/computer-groups/{sort}/{group.id}"}, 201


def _replaced(group: Thing, read: Callable[[Json], Json]) -> Json:
    given = json_body()
    body = read(given)
    _unique(body["name"], group.id)
    database().change(Kind.GROUP, replace(group, name=body["name"], body=body))
    fleet.reconcile(database())
    return {**given, "id": str(group.id)}


def _unique(name: str, own: int | None) -> None:
    taken = database().named(Kind.GROUP, name)
    if taken and taken.id != own:
        raise JamfError(422, "duplicate name", code="DUPLICATE_FIELD", field="name")


def _common(given: Json) -> Json:
    name = given.get("name")
    if not isinstance(name, str) or not name.strip():
        raise JamfError(400, "name is required", code="REQUIRED", field="name")
    return {
        "name": name.strip(),
        "description": str(given.get("description") or ""),
        "siteId": str(given.get("siteId") or "-1"),
    }


def _static(given: Json) -> Json:
    assignments: Any = given.get("assignments")
    if not isinstance(assignments, list):
        raise JamfError(500, "Unexpected internal error", code="INTERNAL_ERROR")
    known = {str(mac.id): mac for mac in database().things(Kind.COMPUTER)}
    for each in assignments:
        if str(each) not in known or not known[str(each)].body["managed"]:
            raise JamfError(400, f"Invalid ID {each}", code="INVALID_ID", field="assignments", subject=str(each))
    return {**_common(given), "smart": False, "members": sorted({int(each) for each in assignments})}


def _smart(given: Json) -> Json:
    wanted: Any = given.get("criteria")
    rules = wanted if isinstance(wanted, list) else []
    return {**_common(given), "smart": True, "criteria": criteria.checked(rules)}
