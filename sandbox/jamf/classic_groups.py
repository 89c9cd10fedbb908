"""Computer groups of the Classic API: members, and changes of membership by what comes and goes."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, Response

from sandbox.jamf import fleet, groups
from sandbox.jamf.context import creating, database
from sandbox.jamf.errors import classic_not_found, conflict
from sandbox.jamf.markup import Element, Listed, document, is_true, made, parsed, text_of
from sandbox.jamf.scoping import criteria, membership
from sandbox.jamf.store import Json, Kind, Thing

routes = Blueprint("classic_groups", __name__, url_prefix="/JSSResource/computergroups")

TAG = "computer_group"
# The Classic API's name of a criterion's field -> the Pro API's.
CRITERION = {
    "name": "name",
    "priority": "priority",
    "and_or": "andOr",
    "search_type": "searchType",
    "value": "value",
    "opening_paren": "openingParen",
    "closing_paren": "closingParen",
}


@routes.get("")
def list_groups() -> Response:
    found = [
        {"id": group.id, "name": group.body["name"], "is_smart": group.body["smart"]}
        for group in database().all_seen(Kind.GROUP)
    ]
    return document("computer_groups", Listed(TAG, found, size=True))


@routes.get("/id/<int:identifier>")
def get_by_id(identifier: int) -> Response:
    return document(TAG, _shown(_find(identifier)))


@routes.get("/name/<name>")
def get_by_name(name: str) -> Response:
    return document(TAG, _shown(database().seen_named(Kind.GROUP, name) or classic_not_found()))


@routes.post("/id/0")
def create() -> Response:
    with creating(Kind.GROUP):
        root = parsed(TAG)
        name = text_of(root, "name") or conflict("A name is required")
        smart = is_true(text_of(root, "is_smart") or "")
        body: Json = {"name": name, "description": "", "siteId": "-1", "smart": smart}
        body |= {"criteria": _criteria(root)} if smart else {"members": sorted(_macs(root, "computers"))}
        if database().named(Kind.GROUP, name):
            conflict("Duplicate name")
        group = database().add(Kind.GROUP, body, name=name)
        fleet.reconcile(database())
        return made(TAG, group.id)


@routes.put("/id/<int:identifier>")
def change(identifier: int) -> Response:
    """All of it or nothing: one wrong Mac, and no Mac comes or goes."""
    _find(identifier)
    group = database().get(Kind.GROUP, identifier) or classic_not_found()
    root = parsed(TAG)
    body: Json = {**group.body, "name": text_of(root, "name") or group.body["name"]}
    taken = database().named(Kind.GROUP, body["name"])
    if taken and taken.id != group.id:
        conflict("Duplicate name")
    if body["smart"]:
        body["criteria"] = _criteria(root) if root.find("criteria") is not None else body["criteria"]
    else:
        body["members"] = sorted(_members(root, set(body["members"])))
    database().change(Kind.GROUP, replace(group, name=body["name"], body=body))
    fleet.reconcile(database())
    return made(TAG, group.id)


@routes.delete("/id/<int:identifier>")
def delete(identifier: int) -> Response:
    groups.remove(database(), _find(identifier))
    return document(TAG, {"id": identifier})


def _find(identifier: int) -> Thing:
    return database().seen(Kind.GROUP, identifier) or classic_not_found()


def _members(root: Element, before: set[int]) -> set[int]:
    """Adding a member again is nothing; removing who is none is a conflict, as an unknown Mac is."""
    members = _macs(root, "computers") if root.find("computers") is not None else before
    members = members | _macs(root, "computer_additions")
    leaving = _macs(root, "computer_deletions")
    if leaving - members:
        conflict("Unable to match computer")
    return members - leaving


def _macs(root: Element, container: str) -> set[int]:
    known = database().things(Kind.COMPUTER)
    found: set[int] = set()
    for item in root.findall(f"{container}/computer"):
        wanted = {tag: text_of(item, tag) for tag in ("id", "serial_number", "name")}
        mac = next(
            (
                mac
                for mac in known
                if wanted["id"] == str(mac.id)
                or (not wanted["id"] and wanted["serial_number"] == mac.body["serial"])
                or (not wanted["id"] and not wanted["serial_number"] and wanted["name"] == mac.body["name"])
            ),
            None,
        )
        if mac is None or not mac.body["managed"]:
            conflict("Unable to match computer")
        found.add(mac.id)
    return found


def _criteria(root: Element) -> list[Json]:
    def value(item: Element, tag: str) -> object:
        text = text_of(item, tag) or ""
        return is_true(text) if tag.endswith("paren") else int(text or 0) if tag == "priority" else text

    return criteria.checked(
        [
            {CRITERION[tag]: value(item, tag) for tag in CRITERION if item.find(tag) is not None}
            for item in root.findall("criteria/criterion")
        ]
    )


def _shown(group: Thing) -> Json:
    macs = {mac.id: mac for mac in database().things(Kind.COMPUTER)}
    computers = [
        {"id": mac.id, "name": mac.body["name"], "mac_address": "", "alt_mac_address": "",
         "serial_number": mac.body["serial"]}
        for mac in (macs[each] for each in sorted(membership.members(group, list(macs.values()))))
    ]  # fmt: skip
    rules = [{tag: each[field] for tag, field in CRITERION.items()} for each in group.body.get("criteria", [])]
    return {
        "id": group.id,
        "name": group.body["name"],
        "is_smart": group.body["smart"],
        "site": {"id": -1, "name": "None"},
        "criteria": Listed("criterion", rules, size=True),
        "computers": Listed("computer", computers, size=True),
    }
