"""Scripts of the Pro API."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint

from sandbox.jamf import fleet, paging
from sandbox.jamf.context import creating, database, json_body
from sandbox.jamf.errors import JamfError, pro_not_found
from sandbox.jamf.store import Json, Kind, Thing

routes = Blueprint("scripts", __name__, url_prefix="/api/v1/scripts")

PRIORITIES = {"BEFORE", "AFTER", "AT_REBOOT"}
TEXTS = ("info", "notes", "osRequirements", "scriptContents", *(f"parameter{number}" for number in range(4, 12)))
FIELDS = ("name", "priority", "categoryId", "categoryName", *TEXTS)
# What an answer to PUT leaves out, whatever was stored.
LOST = {"scriptContents", "info", "notes"}
NO_CONTENT = ("", 204)


@routes.get("")
def list_scripts() -> Json:
    return paging.page([_shown(script) for script in database().all_seen(Kind.SCRIPT)], {"id", *FIELDS})


@routes.post("")
def create() -> tuple[Json, int]:
    with creating(Kind.SCRIPT):
        body = _script(None)
        script = database().add(Kind.SCRIPT, body, name=body["name"])
        return {"id": str(script.id), "href": f"/api/v1/scripts/{script.id}"}, 201


@routes.get("/<identifier>")
def one(identifier: str) -> Json:
    return _shown(_find(identifier))


@routes.put("/<identifier>")
def change(identifier: str) -> Json:
    """The whole script: what is left out is emptied."""
    script = _find(identifier)
    body = _script(script.id)
    database().change(Kind.SCRIPT, replace(script, name=body["name"], body=body))
    fleet.reconcile(database())
    return {name: value for name, value in _shown(replace(script, body=body)).items() if name not in LOST}


@routes.delete("/<identifier>")
def delete(identifier: str) -> tuple[str, int]:
    """A script that a policy runs cannot go (an assumption: what Jamf does is not known)."""
    script = _find(identifier)
    users = [
        policy.body["general"]["name"]
        for policy in database().things(Kind.POLICY)
        if script.id in {each["id"] for each in policy.body["scripts"]}
    ]
    if users:
        raise JamfError(409, f"The script is run by {', '.join(users)}", code="HAS_DEPENDENCIES")
    database().remove(Kind.SCRIPT, script.id)
    return NO_CONTENT


def _find(identifier: str) -> Thing:
    found = database().seen(Kind.SCRIPT, int(identifier)) if identifier.isdecimal() else None
    return found or pro_not_found(identifier)


def _shown(script: Thing) -> Json:
    return {"id": str(script.id), **script.body}


def _script(own: int | None) -> Json:
    given = json_body()
    name = given.get("name")
    if not isinstance(name, str) or not name.strip():
        raise JamfError(400, "name is required", code="REQUIRED", field="name")
    if given.get("categoryId") == "":
        raise JamfError(500, "Unexpected internal error", code="INTERNAL_ERROR")
    if given.get("categoryId") not in {None, "-1"}:
        raise JamfError(400, "Invalid category", code="INVALID_ID", field="categoryId")
    if given.get("priority", "AFTER") not in PRIORITIES:
        raise JamfError(400, "Invalid priority", code="INVALID_FIELD", field="priority")
    taken = database().named(Kind.SCRIPT, name.strip())
    if taken and taken.id != own:
        raise JamfError(400, "duplicate name", code="DUPLICATE_FIELD", field="name")
    return {
        "name": name.strip(),
        "priority": given.get("priority", "AFTER"),
        "categoryId": "-1",
        "categoryName": "NONE",
        **{text: str(given.get(text) or "") for text in TEXTS},
    }
