"""Scopes of profiles and policies: who is targeted, what a document says of it, what GET fills in."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from sandbox.jamf.markup import Element, Listed, is_true, text_of
from sandbox.jamf.scoping.membership import members
from sandbox.jamf.store import Database, Json, Kind, Thing

# Container -> its element.
TARGETS = {
    "computers": "computer",
    "buildings": "building",
    "departments": "department",
    "computer_groups": "computer_group",
    "jss_users": "jss_user",
    "jss_user_groups": "jss_user_group",
}
LIMITATIONS = {
    "users": "user",
    "user_groups": "user_group",
    "network_segments": "network_segment",
    "ibeacons": "ibeacon",
}
EXCLUSIONS = {**TARGETS, **LIMITATIONS}
PARTS = {"limitations": LIMITATIONS, "exclusions": EXCLUSIONS}
# The containers whose members this Jamf Pro has; the others are kept as they were written and target nobody.
OURS = {"computers": Kind.COMPUTER, "computer_groups": Kind.GROUP}

Missing = Callable[[str, str], NoReturn]


def empty() -> Json:
    return {
        "all_computers": False,
        "all_jss_users": False,
        **{name: [] for name in TARGETS},
        **{part: {name: [] for name in containers} for part, containers in PARTS.items()},
    }


def written(database: Database, element: Element, missing: Missing) -> Json:
    """The whole scope anew: what the document leaves out is wiped. `missing` refuses what does not exist."""
    scope = empty()
    for flag in ("all_computers", "all_jss_users"):
        scope[flag] = is_true(text_of(element, flag) or "")
    scope |= _containers(database, element, TARGETS, missing)
    for part, containers in PARTS.items():
        scope[part] |= _containers(database, element.find(part), containers, missing)
    return scope


def shown(database: Database, scope: Json) -> Json:
    """As GET has it: every container, with names as they are now."""
    return {
        "all_computers": scope["all_computers"],
        "all_jss_users": scope["all_jss_users"],
        **_shown(database, scope, TARGETS),
        **{part: _shown(database, scope[part], containers) for part, containers in PARTS.items()},
    }


def targets(database: Database, scope: Json) -> set[int]:
    """Ids of the managed Macs in scope."""
    macs = database.things(Kind.COMPUTER)
    chosen = {mac.id for mac in macs} if scope["all_computers"] else _members(database, scope, macs)
    if limited := {user["name"].casefold() for user in scope["limitations"]["users"]}:
        chosen &= {mac.id for mac in macs if mac.body["username"].casefold() in limited}
    chosen -= _members(database, scope["exclusions"], macs)
    return chosen & {mac.id for mac in macs if mac.body["managed"]}


def names_group(scope: Json, group_id: int) -> bool:
    return any(group_id in {each["id"] for each in part["computer_groups"]} for part in (scope, scope["exclusions"]))


def _members(database: Database, part: Json, macs: list[Thing]) -> set[int]:
    found = {each["id"] for each in part["computers"]}
    for each in part["computer_groups"]:
        if group := database.get(Kind.GROUP, each["id"]):
            found |= members(group, macs)
    return found


def _containers(database: Database, element: Element | None, containers: dict[str, str], missing: Missing) -> Json:
    found: Json = {}
    for container, tag in containers.items():
        items = [] if element is None else element.findall(f"{container}/{tag}")
        found[container] = [_reference(database, container, item, missing) for item in items]
    return found


def _reference(database: Database, container: str, item: Element, missing: Missing) -> Json:
    identifier, name = text_of(item, "id"), text_of(item, "name")
    kind = OURS.get(container)
    if kind is None:
        return {"id": int(identifier) if identifier and identifier.isdecimal() else -1, "name": name or ""}
    found = None
    if identifier:
        found = database.get(kind, int(identifier)) if identifier.isdecimal() else None
    elif name and kind is Kind.GROUP:
        found = database.named(kind, name)
    elif name:
        found = next((mac for mac in database.things(kind) if mac.body["name"] == name), None)
    if found is None:
        missing(item.tag, identifier or name or "")
    return {"id": found.id}


def _shown(database: Database, part: Json, containers: dict[str, str]) -> Json:
    found: Json = {}
    for container, tag in containers.items():
        items: list[Json] = []
        for each in part[container]:
            kind = OURS.get(container)
            thing = database.get(kind, each["id"]) if kind else None
            if thing is None:
                items.append(each)
            else:
                udid = {"udid": thing.body["udid"]} if kind is Kind.COMPUTER else {}
                items.append({"id": thing.id, "name": thing.body["name"], **udid})
        found[container] = Listed(tag, items)
    return found
