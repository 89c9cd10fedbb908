"""What no real Jamf Pro has: its Macs at a glance and at hand, and what a test may set."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox.jamf import macs, payloads, runs, settings, shell
from sandbox.jamf.context import database, jamf, json_body
from sandbox.jamf.errors import JamfError
from sandbox.jamf.store import Json, Kind, Thing

routes = Blueprint("control", __name__, url_prefix="/sandbox")

DOMAIN = "com.anthropic.claudecode"
NO_CONTENT = ("", 204)
ORDERS = {"online": bool, "managed": bool, "answers": str, "check_in": bool, "event": str, "report": bool}


@routes.get("/macs")
def list_macs() -> Response:
    return jsonify([_shown(mac) for mac in database().things(Kind.COMPUTER)])


@routes.put("/macs/<serial>")
def order(serial: str) -> Json:
    """Any of `ORDERS`; what a Mac that is online has to do then is done when this answers."""
    wanted = _orders()
    with jamf().store.transaction(jamf().node()) as state:
        mac = _find(state.things(Kind.COMPUTER), serial)
        body, now = dict(mac.body), time.time()
        body |= {name: wanted[name] for name in ("managed", "answers") if name in wanted}
        online = wanted.get("online", mac.state == macs.ONLINE)
        back = online and mac.state != macs.ONLINE
        if wanted.get("check_in") or back:
            body["check_in"] = runs.ALL
        if wanted.get("report") or back:
            body["report_due"] = now
        for command in state.things(Kind.COMMAND, owner=mac.id, states=["NOT_NOW"]) if "answers" in wanted else []:
            state.change(Kind.COMMAND, replace(command, due=now))
        due = now if body["check_in"] or body["report_due"] == now else mac.due
        state.change(Kind.COMPUTER, replace(mac, state=macs.ONLINE if online else macs.OFFLINE, due=due, body=body))
    macs.act(jamf())
    if "event" in wanted and online:
        macs.run_event(jamf(), mac, wanted["event"])
    return _shown(_find(database().things(Kind.COMPUTER), serial))


@routes.get("/jamf")
def get_settings() -> Json:
    return asdict(jamf().settings)


@routes.put("/jamf")
def put_settings() -> Json:
    try:
        wanted = settings.changed(jamf().settings, json_body())
    except ValueError as error:
        raise JamfError(400, str(error), code="INVALID_FIELD") from error
    settings.save(database(), wanted)
    database().all_known()
    jamf().settings = wanted
    return asdict(wanted)


@routes.get("/connections")
def connections() -> Json:
    return {"most": jamf().connections.most, "over": jamf().connections.over}


@routes.delete("/connections")
def forget_connections() -> tuple[str, int]:
    jamf().connections.forget()
    return NO_CONTENT


def _orders() -> Json:
    wanted = json_body()
    wrong = [name for name, value in wanted.items() if name not in ORDERS or not isinstance(value, ORDERS[name])]
    if wrong or wanted.get("answers", macs.ANSWERS[0]) not in macs.ANSWERS:
        known = ", ".join(f"{name} ({kind.__name__})" for name, kind in ORDERS.items())
        words = f"Must be of {known}; answers one of {', '.join(macs.ANSWERS)}: {wrong or wanted}"
        raise JamfError(400, words, code="INVALID_FIELD")
    return wanted


def _find(found: list[Thing], serial: str) -> Thing:
    mac = next((mac for mac in found if mac.body["serial"] == serial), None)
    if mac is None:
        raise JamfError(404, f"No Mac has this serial number: {serial}", code="INVALID_ID")
    return mac


def _shown(mac: Thing) -> Json:
    names = ("serial", "managementId", "email", "name", "realname", "managed", "answers")
    profiles: list[Any] = [
        {
            **{name: profile[name] for name in ("id", "uuid", "name", "level")},
            "identifier": identifier,
            "settings": payloads.preferences(profile["text"], DOMAIN),
        }
        for identifier, profile in mac.body["installed"].items()
    ]
    return {
        "id": mac.id,
        **{name: mac.body[name] for name in names},
        "online": mac.state == macs.ONLINE,
        "profiles": profiles,
        "files": shell.files(shell.root_of(jamf().home, mac.body["serial"])),
    }
