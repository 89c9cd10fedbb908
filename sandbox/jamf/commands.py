"""MDM commands of the Pro API: a filter is a must, and a field it does not know filters nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, NoReturn

from flask import Blueprint, request

from sandbox.jamf import fleet, paging
from sandbox.jamf.context import database
from sandbox.jamf.errors import JamfError
from sandbox.jamf.scoping import rsql
from sandbox.jamf.store import Json, Kind, Thing

routes = Blueprint("commands", __name__)

# A status as a filter spells it, without regard to case and blanks.
STATUSES = {
    "pending": fleet.PENDING,
    "acknowledged": fleet.ACKNOWLEDGED,
    "notnow": fleet.NOT_NOW,
    "not_now": fleet.NOT_NOW,
    "error": fleet.ERROR,
}
Item = tuple[Thing, str]  # the command, and the management id of its Mac
FIELDS: dict[str, Callable[[Item], Any]] = {
    "uuid": lambda item: item[0].body["uuid"],
    "clientManagementId": lambda item: item[1],
    "command": lambda item: item[0].body["command"],
    "status": lambda item: item[0].state,
    "clientType": lambda item: item[0].body["clientType"],
    "dateSent": lambda item: item[0].body["dateSent"],
    "dateCompleted": lambda item: item[0].body["dateCompleted"],
    "profileId": lambda item: item[0].body["profileId"],
    "profileIdentifier": lambda item: item[0].body["profileIdentifier"],
    "active": lambda item: item[0].state in fleet.OPEN,
}


@routes.get("/api/v2/mdm/commands")
def search() -> Json:
    """In the order they were sent."""
    text = request.args.get("filter", "").strip()
    if not text:
        raise JamfError(400, "At least one filter is required", code="INVALID_FILTER", field="filter")
    macs = {mac.id: mac.body["managementId"] for mac in database().things(Kind.COMPUTER)}
    chosen = rsql.predicate(text, _compare)
    found = [(command, macs[command.owner or 0]) for command in database().things(Kind.COMMAND)]
    page = paging.cut([item for item in found if chosen(item)])
    return {**page, "results": [_shown(item) for item in page["results"]]}


def _compare(field: str, operator: str, values: list[str]) -> Callable[[Item], bool] | None:
    read = FIELDS.get(field)
    if read is None:
        return None
    if field == "status":
        values = [STATUSES.get(value.casefold().replace(" ", "")) or _broken() for value in values]
    if field == "uuid":
        for value in values:
            try:
                uuid.UUID(value)
            except ValueError:
                _broken()
    return lambda item: rsql.compared(read(item), operator, values)


def _broken() -> NoReturn:
    raise JamfError(500, "Unexpected internal error", code="INTERNAL_ERROR")


def _shown(item: Item) -> Json:
    command, management_id = item
    return {
        "uuid": command.body["uuid"],
        "client": {"managementId": management_id, "clientType": command.body["clientType"]},
        "commandState": command.state,
        "commandType": command.body["command"],
        "dateSent": command.body["dateSent"],
        "dateCompleted": command.body["dateCompleted"],
        "profileId": command.body["profileId"],
        "profileIdentifier": command.body["profileIdentifier"],
    }
