"""What the Classic API says of one Mac, and of a person's Macs: history, management and users."""

from __future__ import annotations

from flask import Blueprint, Response

from sandbox.jamf import fleet
from sandbox.jamf.context import database
from sandbox.jamf.directory import moment
from sandbox.jamf.errors import classic_not_found
from sandbox.jamf.markup import Listed, document
from sandbox.jamf.scoping import membership, scope
from sandbox.jamf.store import Json, Kind, Thing

routes = Blueprint("computers", __name__, url_prefix="/JSSResource")

WORDS = {fleet.INSTALL: "Install Configuration Profile", fleet.REMOVE: "Remove Configuration Profile"}


@routes.get("/computerhistory/id/<int:identifier>")
@routes.get("/computerhistory/id/<int:identifier>/subset/<subset>")
def history(identifier: int, subset: str = "General&Commands&PolicyLogs") -> Response:
    """Subsets are joined by `&`."""
    mac, wanted = _find(identifier), subset.casefold().split("&")
    content: Json = {}
    if "general" in wanted:
        content["general"] = _general(mac)
    if "policylogs" in wanted:
        content["policy_logs"] = Listed("policy_log", [_log(mac, run) for run in _runs(mac)])
    if "commands" in wanted:
        content["commands"] = _commands(mac)
    return document("computer_history", content)


@routes.get("/computermanagement/id/<int:identifier>")
@routes.get("/computermanagement/id/<int:identifier>/subset/<subset>")
def management(identifier: int, subset: str = "General&OSXConfigurationProfiles&Policies&Groups") -> Response:
    """What the Mac should have, by the scopes; whether it has it is for inventory to say."""
    mac, wanted = _find(identifier), subset.casefold().replace("_", "").split("&")
    content: Json = {}
    if "general" in wanted:
        content["general"] = _general(mac)
    if "osxconfigurationprofiles" in wanted:
        content["os_x_configuration_profiles"] = Listed("profile", _in_scope(mac, Kind.PROFILE))
    if "policies" in wanted:
        content["policies"] = Listed("policy", _in_scope(mac, Kind.POLICY))
    if "groups" in wanted:
        content["smart_groups"] = Listed("group", _groups(mac, smart=True))
        content["static_groups"] = Listed("group", _groups(mac, smart=False))
    return document("computer_management", content)


@routes.get("/users")
def list_users() -> Response:
    people = [{"id": macs[0].id, "name": macs[0].body["username"]} for macs in _people().values()]
    return document("users", Listed("user", people, size=True))


@routes.get("/users/email/<email>")
def users_by_email(email: str) -> Response:
    """Jamf Pro knows people by their Macs only."""
    macs = _people().get(email.casefold())
    return document("users", Listed("user", [_user(macs)], size=True)) if macs else classic_not_found()


@routes.get("/users/<any('id', 'name'):by>/<wanted>")
def user(by: str, wanted: str) -> Response:
    for macs in _people().values():
        if wanted == (str(macs[0].id) if by == "id" else macs[0].body["username"]):
            return document("user", _user(macs))
    return classic_not_found()


def _find(identifier: int) -> Thing:
    return database().get(Kind.COMPUTER, identifier) or classic_not_found()


def _people() -> dict[str, list[Thing]]:
    found: dict[str, list[Thing]] = {}
    for mac in database().things(Kind.COMPUTER):
        found.setdefault(mac.body["email"].casefold(), []).append(mac)
    return found


def _user(macs: list[Thing]) -> Json:
    first = macs[0].body
    return {
        "id": macs[0].id,
        "name": first["username"],
        "full_name": first["realname"],
        "email": first["email"],
        "email_address": first["email"],
        "phone_number": "",
        "position": first["position"],
        "links": {"computers": Listed("computer", [{"id": mac.id, "name": mac.body["name"]} for mac in macs])},
    }


def _general(mac: Thing) -> Json:
    names = {"name": mac.body["name"], "udid": mac.body["udid"], "serial_number": mac.body["serial"]}
    return {"id": mac.id, **names, "mac_address": ""}


def _runs(mac: Thing) -> list[Thing]:
    return database().things(Kind.RUN, owner=mac.id)


def _log(mac: Thing, run: Thing) -> Json:
    return {
        "policy_id": run.body["policy_id"],
        "policy_name": run.body["policy_name"],
        "username": mac.body["username"],
        **_dates("date_time", run.body["at"]),
        "status": run.body["status"],
    }


def _dates(name: str, at: float) -> Json:
    utc = moment(at)
    return {name: utc[:19].replace("T", " at "), f"{name}_epoch": int(at * 1000), f"{name}_utc": utc}


def _commands(mac: Thing) -> Json:
    found: dict[str, list[Json]] = {"completed": [], "pending": [], "failed": []}
    for command in database().things(Kind.COMMAND, owner=mac.id):
        body = command.body
        name = f"{WORDS[body['command']]} {body['profileIdentifier']}"
        match command.state:
            case fleet.ACKNOWLEDGED:
                found["completed"].append({"name": name, "completed_utc": body["dateCompleted"]})
            case fleet.ERROR:
                entry = {"name": name, "status": "Failed", "issued_utc": body["dateSent"]}
                found["failed"].append({**entry, "failed_utc": body["dateCompleted"]})
            case state:
                word = "Pending" if state == fleet.PENDING else "NotNow"
                found["pending"].append({"name": name, "status": word, "issued_utc": body["dateSent"]})
    return {state: Listed("command", commands) for state, commands in found.items()}


def _in_scope(mac: Thing, kind: Kind) -> list[Json]:
    return [
        {"id": thing.id, "name": thing.body["general"]["name"]}
        for thing in database().things(kind)
        if mac.id in scope.targets(database(), thing.body["scope"])
    ]


def _groups(mac: Thing, *, smart: bool) -> list[Json]:
    macs = database().things(Kind.COMPUTER)
    return [
        {"id": group.id, "name": group.body["name"]}
        for group in database().things(Kind.GROUP)
        if group.body["smart"] == smart and mac.id in membership.members(group, macs)
    ]
