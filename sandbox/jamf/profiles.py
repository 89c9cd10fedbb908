"""macOS configuration profiles: the Classic API's `osxconfigurationprofiles`."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from flask import Blueprint, Response

from sandbox.jamf import fleet, payloads
from sandbox.jamf.context import creating, database, jamf
from sandbox.jamf.errors import classic_not_found, conflict
from sandbox.jamf.markup import (
    Element,
    Listed,
    Repeated,
    category,
    choice,
    document,
    given,
    is_true,
    made,
    parsed,
    text_of,
)
from sandbox.jamf.scoping import scope
from sandbox.jamf.store import Json, Kind, Thing

routes = Blueprint("profiles", __name__, url_prefix="/JSSResource/osxconfigurationprofiles")

TAG = "os_x_configuration_profile"
REDEPLOY_ALL = "All"


def _level(text: str) -> str:
    """`Computer` reads back as `System`, and anything else is a user's: `Computer Level` too."""
    return "System" if text.casefold() in {"computer", "system"} else "User"


GENERAL = {
    "name": str,
    "description": str,
    "distribution_method": choice(("Install Automatically", "Make Available in Self Service"), "Install Automatically"),
    "user_removable": is_true,
    "level": _level,
}
DEFAULTS: Json = {
    "description": "",
    "distribution_method": "Install Automatically",
    "user_removable": False,
    "level": "System",
}


@routes.get("")
def list_profiles() -> Response:
    found = [{"id": profile.id, "name": profile.body["general"]["name"]} for profile in _all()]
    return document("os_x_configuration_profiles", Listed(TAG, found, size=True))


@routes.get("/id/<int:identifier>")
def get_by_id(identifier: int) -> Response:
    return document(TAG, _shown(_find(identifier)))


@routes.get("/name/<name>")
def get_by_name(name: str) -> Response:
    return document(TAG, _shown(database().seen_named(Kind.PROFILE, name) or classic_not_found()))


@routes.post("/id/0")
def create() -> Response:
    with creating(Kind.PROFILE):
        root = parsed(TAG)
        general = root.find("general")
        body: Json = {"general": {**DEFAULTS, **given(general, GENERAL)}, "scope": scope.empty()}
        if not body["general"].get("name"):
            conflict("A name is required")
        if database().named(Kind.PROFILE, body["general"]["name"]):
            conflict("Duplicate name")
        body |= _payloads(general, body["general"]["name"], new=True) or conflict(payloads.REFUSED)
        _rest(body, root)
        profile = database().add(Kind.PROFILE, body, name=body["general"]["name"])
        fleet.reconcile(database())
        return made(TAG, profile.id)


@routes.put("/id/<int:identifier>")
def change(identifier: int) -> Response:
    """The sections that the document has; the scope whole."""
    _find(identifier)
    profile = database().get(Kind.PROFILE, identifier) or classic_not_found()
    root = parsed(TAG)
    general = root.find("general")
    body: Json = {**profile.body, "general": {**profile.body["general"], **given(general, GENERAL)}}
    name: str = body["general"]["name"] or conflict("A name is required")
    taken = database().named(Kind.PROFILE, name)
    if taken and taken.id != profile.id:
        conflict("Duplicate name")
    body |= _payloads(general, name, new=False) or {"text": payloads.renamed(body["text"], name)}
    _rest(body, root)
    database().change(Kind.PROFILE, replace(profile, name=name, body=body))
    to_all = (text_of(general, "redeploy_on_update") or "").casefold() == REDEPLOY_ALL.casefold()
    fleet.reconcile(database(), redeploy={profile.id} if to_all else set())
    if next(jamf().updates) % 2:  # Jamf's answer to an update sometimes has no body
        return Response("", status=201, mimetype="text/xml")
    return made(TAG, profile.id)


@routes.delete("/id/<int:identifier>")
def delete(identifier: int) -> Response:
    database().remove(Kind.PROFILE, _find(identifier).id)
    fleet.reconcile(database())
    return document(TAG, {"id": identifier})


def _all() -> list[Thing]:
    return database().all_seen(Kind.PROFILE)


def _find(identifier: int) -> Thing:
    return database().seen(Kind.PROFILE, identifier) or classic_not_found()


def _payloads(general: Element | None, name: str, *, new: bool) -> Json:
    sent = text_of(general, "payloads")
    if sent is None:
        return {}
    stored = payloads.accepted(sent, name, new=new)
    return {"text": stored.text, "uuid": stored.uuid, "identifier": stored.identifier}


def _rest(body: Json, root: Element) -> None:
    category(root.find("general"))
    if (element := root.find("scope")) is not None:
        body["scope"] = scope.written(database(), element, _missing)


def _missing(tag: str, wanted: str) -> NoReturn:
    conflict("Unable to match computer" if tag == "computer" else f"No match found for {tag} {wanted}")


def _shown(profile: Thing) -> Json:
    general, text = profile.body["general"], profile.body["text"]
    return {
        "general": {
            "id": profile.id,
            "name": general["name"],
            "description": general["description"],
            "site": {"id": -1, "name": "NONE"},
            "category": {"id": -1, "name": "No category assigned"},
            "distribution_method": general["distribution_method"],
            "user_removable": general["user_removable"],
            "level": general["level"],
            "uuid": profile.body["uuid"],
            "redeploy_on_update": "Newly Assigned",
            "payloads": payloads.with_empty_keys(text) if jamf().settings.empty_keys else text,
        },
        "scope": scope.shown(database(), profile.body["scope"]),
        "self_service": {
            "self_service_display_name": general["name"],
            "install_button_text": "Install",
            "self_service_description": "",
            "force_users_to_view_description": False,
            "security": {"removal_disallowed": "Never"},
            "self_service_icon": {},
            "feature_on_main_page": False,
            "self_service_categories": {},
            "notification": Repeated([False, "Self Service"]),
            "notification_subject": "",
            "notification_message": "",
        },
    }
