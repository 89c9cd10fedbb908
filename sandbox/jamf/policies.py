"""Policies, and the flushing of their logs: the Classic API's `policies` and `logflush`."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import NoReturn

from flask import Blueprint, Response

from sandbox.jamf import fleet, runs
from sandbox.jamf.context import creating, database
from sandbox.jamf.errors import JamfError, classic_not_found, conflict
from sandbox.jamf.markup import Element, Listed, category, choice, document, given, is_true, made, parsed, text_of
from sandbox.jamf.scoping import scope
from sandbox.jamf.store import Json, Kind, Thing

routes = Blueprint("policies", __name__, url_prefix="/JSSResource")

TAG = "policy"
TRIGGERS = ("checkin", "enrollment_complete", "login", "network_state_changed", "startup")
PARAMETERS = tuple(f"parameter{number}" for number in range(4, 12))
GENERAL = {
    "name": str,
    "enabled": is_true,
    "frequency": choice(tuple(runs.FREQUENCIES), runs.ONCE),
    "trigger_other": str,
    **{f"trigger_{name}": is_true for name in TRIGGERS},
}
DEFAULTS: Json = {
    "enabled": True,
    "frequency": runs.ONCE,
    "trigger_other": "",
    **{f"trigger_{name}": False for name in TRIGGERS},
}
PRIORITY = choice(("Before", "After"), "After")

INTERVAL = re.compile(r"(Zero|One|Two|Three|Six)[+ ](Day|Week|Month|Year)s?", re.IGNORECASE)
COUNTS = {"zero": 0, "one": 1, "two": 2, "three": 3, "six": 6}
SECONDS = {"day": runs.DAY, "week": 7 * runs.DAY, "month": 30 * runs.DAY, "year": 365 * runs.DAY}


@routes.get("/policies")
def list_policies() -> Response:
    found = [{"id": policy.id, "name": policy.body["general"]["name"]} for policy in database().all_seen(Kind.POLICY)]
    return document("policies", Listed(TAG, found, size=True))


@routes.get("/policies/id/<int:identifier>")
def get_by_id(identifier: int) -> Response:
    return document(TAG, _shown(_find(identifier)))


@routes.get("/policies/name/<name>")
def get_by_name(name: str) -> Response:
    return document(TAG, _shown(database().seen_named(Kind.POLICY, name) or classic_not_found()))


@routes.post("/policies/id/0")
def create() -> Response:
    with creating(Kind.POLICY):
        root = parsed(TAG)
        general = {**DEFAULTS, **given(root.find("general"), GENERAL)}
        body = _sections({"general": general, "scope": scope.empty(), "scripts": []}, root)
        policy = database().add(Kind.POLICY, body, name=_unique(general.get("name", ""), None))
        fleet.reconcile(database())
        return made(TAG, policy.id)


@routes.put("/policies/id/<int:identifier>")
def change(identifier: int) -> Response:
    """The sections that the document has, each whole but `general`; the answer is empty."""
    _find(identifier)
    policy = database().get(Kind.POLICY, identifier) or classic_not_found()
    root = parsed(TAG)
    general = {**policy.body["general"], **given(root.find("general"), GENERAL)}
    body = _sections({**policy.body, "general": general}, root)
    name = _unique(general["name"], policy.id)
    database().change(Kind.POLICY, replace(policy, name=name, body=body))
    fleet.reconcile(database())
    return Response("", status=201, mimetype="text/xml")


@routes.delete("/policies/id/<int:identifier>")
def delete(identifier: int) -> Response:
    """What its scripts have done to the Macs stays done."""
    database().remove(Kind.POLICY, _find(identifier).id)
    return document(TAG, {"id": identifier})


@routes.delete("/logflush/policy/id/<int:identifier>/interval/<interval>")
def flush(identifier: int, interval: str) -> Response:
    """For all Macs, of runs older than the interval; a policy that does not exist is no mistake."""
    found = INTERVAL.fullmatch(interval)
    if found is None:
        conflict(f"Unable to parse interval {interval}")
    before = time.time() - COUNTS[found[1].lower()] * SECONDS[found[2].lower()]
    for run in database().things(Kind.RUN):
        if run.body["policy_id"] == identifier and run.body["at"] <= before:
            database().remove(Kind.RUN, run.id)
    fleet.reconcile(database())
    return document("logflush", {"log": "policy", "log_id": identifier, "interval": interval.replace("+", " ")})


def _find(identifier: int) -> Thing:
    return database().seen(Kind.POLICY, identifier) or classic_not_found()


def _unique(name: str, own: int | None) -> str:
    if not name:
        conflict("A name is required")
    taken = database().named(Kind.POLICY, name)
    if taken and taken.id != own:
        conflict("Duplicate name")
    return name


def _sections(body: Json, root: Element) -> Json:
    category(root.find("general"))
    if (element := root.find("scope")) is not None:
        body["scope"] = scope.written(database(), element, _missing)
    if (element := root.find("scripts")) is not None:
        body["scripts"] = [_script(item) for item in element.findall("script")]
    return body


def _missing(tag: str, wanted: str) -> NoReturn:  # noqa: ARG001 - Jamf does not say what it did not find
    raise JamfError(500, "The server encountered an unexpected condition")


def _script(item: Element) -> Json:
    identifier, name = text_of(item, "id"), text_of(item, "name")
    known = database()
    if identifier:
        found = known.get(Kind.SCRIPT, int(identifier)) if identifier.isdecimal() else None
    else:
        found = known.named(Kind.SCRIPT, name or "")
    if found is None:
        conflict("Unable to match script")
    parameters = {parameter: text_of(item, parameter) or "" for parameter in PARAMETERS}
    return {"id": found.id, "priority": PRIORITY(text_of(item, "priority") or ""), **parameters}


def _shown(policy: Thing) -> Json:
    general = policy.body["general"]
    scripts = []
    for each in policy.body["scripts"]:
        script = database().get(Kind.SCRIPT, each["id"])
        scripts.append({"id": each["id"], "name": script.body["name"] if script else "", **each})
    return {
        "general": {
            "id": policy.id,
            "name": general["name"],
            "enabled": general["enabled"],
            "trigger": "EVENT" if general["trigger_other"] or general["trigger_checkin"] else "USER_INITIATED",
            **{f"trigger_{name}": general[f"trigger_{name}"] for name in TRIGGERS},
            "trigger_other": general["trigger_other"],
            "frequency": general["frequency"],
            "retry_event": "none",
            "retry_attempts": -1,
            "offline": False,
            "category": {"id": -1, "name": "No category assigned"},
            "site": {"id": -1, "name": "NONE"},
        },
        "scope": scope.shown(database(), policy.body["scope"]),
        "self_service": {"use_for_self_service": False},
        "package_configuration": {"packages": Listed("package", [], size=True)},
        "scripts": Listed("script", scripts, size=True),
        "reboot": {"startup_disk": "Current Startup Disk"},
        "maintenance": {"recon": False},
    }
