"""How often Macs check in, as the Pro API keeps it; the sandbox's Macs do so when something has changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint

from sandbox.jamf.context import database, json_body
from sandbox.jamf.errors import JamfError
from sandbox.jamf.store import Json, Kind

routes = Blueprint("check_in", __name__)

MINUTES = (5, 15, 30, 60)
DEFAULT: Json = {
    "checkInFrequency": 15,
    "createHooks": True,
    "hookLog": False,
    "hookPolicies": False,
    "createStartupScript": True,
    "startupLog": False,
    "startupPolicies": False,
    "startupSsh": False,
    "enableLocalConfigurationProfiles": False,
}


@routes.get("/api/v3/check-in")
def show() -> Json:
    kept = database().things(Kind.CHECK_IN)
    return kept[0].body if kept else DEFAULT


@routes.put("/api/v3/check-in")
def change() -> Json:
    given = json_body()
    minutes: Any = given.get("checkInFrequency")
    if minutes not in MINUTES:
        words = f"checkInFrequency must be one of {', '.join(map(str, MINUTES))}"
        raise JamfError(400, words, code="INVALID_FIELD", field="checkInFrequency")
    body = {name: given.get(name, default) for name, default in DEFAULT.items()}
    kept = database().things(Kind.CHECK_IN)
    if kept:
        database().change(Kind.CHECK_IN, replace(kept[0], body=body))
    else:
        database().add(Kind.CHECK_IN, body)
    return body
