"""Computers as the Pro API's inventory tells of them: as of their last report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, request

from sandbox.jamf import paging
from sandbox.jamf.context import database
from sandbox.jamf.errors import JamfError, pro_not_found
from sandbox.jamf.scoping import rsql
from sandbox.jamf.store import Json, Kind, Thing

routes = Blueprint("inventory", __name__)

VERSIONS = "/api/<any(v1, v2, v3):version>"


def _general(mac: Thing) -> Json:
    return {
        "name": mac.body["name"],
        "managementId": mac.body["managementId"],
        "platform": "Mac",
        "reportDate": mac.body["reportDate"],
        "lastContactTime": mac.body["reportDate"],
        "remoteManagement": {"managed": mac.body["managed"]},
        "supervised": True,
        "mdmCapable": {"capable": True, "capableUsers": [mac.body["username"]]},
        "userApprovedMdm": True,
        "declarativeDeviceManagementEnabled": True,
        "site": {"id": "-1", "name": "None"},
    }


def _user_and_location(mac: Thing) -> Json:
    return {
        **{name: mac.body[name] for name in ("username", "realname", "email", "position")},
        "phone": None,
        "departmentId": None,
        "buildingId": None,
        "room": None,
        "extensionAttributes": [],
    }


def _hardware(mac: Thing) -> Json:
    return {"make": "Apple", "model": "MacBook Pro (14-inch, 2024)", "serialNumber": mac.body["serial"]}


def _profiles(mac: Thing) -> list[Json]:
    return [
        {
            "id": str(profile["id"]),
            "username": mac.body["username"] if profile["level"] == "User" else None,
            "lastInstalled": profile["at"],
            "removable": False,
            "displayName": profile["name"],
            "profileIdentifier": identifier,
        }
        for identifier, profile in mac.body["reported"].items()
    ]


# Section -> its key in the answer, and its content.
SECTIONS: dict[str, tuple[str, Callable[[Thing], Any]]] = {
    "GENERAL": ("general", _general),
    "USER_AND_LOCATION": ("userAndLocation", _user_and_location),
    "HARDWARE": ("hardware", _hardware),
    "CONFIGURATION_PROFILES": ("configurationProfiles", _profiles),
}
FILTERABLE: dict[str, Callable[[Thing], Any]] = {
    "id": lambda mac: mac.id,
    "udid": lambda mac: mac.body["udid"],
    "general.name": lambda mac: mac.body["name"],
    "general.managementId": lambda mac: mac.body["managementId"],
    "general.reportDate": lambda mac: mac.body["reportDate"],
    "general.remoteManagement.managed": lambda mac: mac.body["managed"],
    "hardware.serialNumber": lambda mac: mac.body["serial"],
    **{
        f"userAndLocation.{name}": lambda mac, name=name: mac.body[name]
        for name in ("email", "username", "realname", "position")
    },
}


@routes.get(f"{VERSIONS}/computers-inventory")
def search(version: str) -> Json:  # noqa: ARG001 - the fields that are here are the same in each
    """In the order of their names, without the sections that were not asked for."""
    macs = sorted(database().things(Kind.COMPUTER), key=lambda mac: str(mac.body["name"]))
    if text := request.args.get("filter"):
        macs = list(filter(rsql.predicate(text, rsql.over(FILTERABLE)), macs))
    chosen = _sections()
    found = paging.cut(macs)
    return {**found, "results": [_shown(mac, chosen) for mac in found["results"]]}


@routes.get(f"{VERSIONS}/computers-inventory/<identifier>")
def one(version: str, identifier: str) -> Json:  # noqa: ARG001
    return _shown(_find(identifier), _sections())


@routes.get(f"{VERSIONS}/computers-inventory-detail/<identifier>")
def detail(version: str, identifier: str) -> Json:  # noqa: ARG001
    return _shown(_find(identifier), set(SECTIONS))


def _find(identifier: str) -> Thing:
    found = database().get(Kind.COMPUTER, int(identifier)) if identifier.isdecimal() else None
    return found or pro_not_found(identifier)


def _sections() -> set[str]:
    chosen = {name for each in request.args.getlist("section") for name in each.split(",")} or {"GENERAL"}
    if unknown := sorted(chosen - SECTIONS.keys()):
        raise JamfError(400, f"The sandbox does not have section {unknown[0]}", code="INVALID_FIELD", field="section")
    return chosen


def _shown(mac: Thing, chosen: set[str]) -> Json:
    sections = {key: shape(mac) if name in chosen else None for name, (key, shape) in SECTIONS.items()}
    return {"id": str(mac.id), "udid": mac.body["udid"], **sections}
