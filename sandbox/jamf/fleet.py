"""What Jamf Pro wants of its Macs: which profile each must have, as commands that wait until the Mac does them.

`reconcile` runs within each write that can change the answer; `macs.act` is the Macs' side.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection
from dataclasses import replace

from sandbox.jamf import runs
from sandbox.jamf.context import jamf
from sandbox.jamf.directory import moment
from sandbox.jamf.scoping import scope
from sandbox.jamf.store import Database, Json, Kind, Thing

INSTALL, REMOVE = "INSTALL_PROFILE", "REMOVE_PROFILE"
PENDING, NOT_NOW, ACKNOWLEDGED, ERROR = "PENDING", "NOT_NOW", "ACKNOWLEDGED", "ERROR"
OPEN = (PENDING, NOT_NOW)
AUTOMATIC = "Install Automatically"


def reconcile(database: Database, redeploy: Collection[int] = ()) -> None:
    """Queue what the scopes ask for: profiles to who has none of them, and `redeploy` to everybody in scope."""
    now = time.time()
    profiles = {
        profile.id: (profile, scope.targets(database, profile.body["scope"]))
        for profile in database.things(Kind.PROFILE)
        if profile.body["general"]["distribution_method"] == AUTOMATIC
    }
    for mac in database.things(Kind.COMPUTER):
        deployed: dict[str, str] = dict(mac.body["deployed"])
        for identifier, (profile, targets) in profiles.items():
            if mac.id in targets and (str(identifier) not in deployed or identifier in redeploy):
                _queue(database, mac, INSTALL, profile.id, profile.body["identifier"], profile.body, now)
                deployed[str(identifier)] = profile.body["identifier"]
        for key in list(deployed):
            profile, targets = profiles.get(int(key), (None, set[int]()))
            if mac.id not in targets:
                _queue(database, mac, REMOVE, int(key), deployed.pop(key), profile.body if profile else {}, now)
        if deployed != mac.body["deployed"]:
            database.change(Kind.COMPUTER, replace(mac, body={**mac.body, "deployed": deployed}))
    if jamf().settings.automatic_check_in:
        runs.announce(database, now)


def _queue(
    database: Database, mac: Thing, command: str, profile_id: int, identifier: str, profile: Json, now: float
) -> None:
    """What still waits for the same profile on the same Mac has no object any more."""
    for waiting in database.things(Kind.COMMAND, owner=mac.id, states=OPEN):
        if waiting.body["profileId"] == profile_id:
            database.remove(Kind.COMMAND, waiting.id)
    users = profile.get("general", {}).get("level") == "User"
    body: Json = {
        "uuid": str(uuid.uuid4()),
        "command": command,
        "profileId": profile_id,
        "profileIdentifier": identifier,
        "clientType": "COMPUTER_USER" if users else "COMPUTER",
        "dateSent": moment(now),
        "dateCompleted": None,
    }
    database.add(
        Kind.COMMAND,
        body,
        name=body["uuid"],
        owner=mac.id,
        state=PENDING,
        due=now + jamf().settings.acknowledge_seconds,
    )
