"""The Macs' side: they answer commands, check in, run policies and report their inventory, while they are online."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from xml.sax.saxutils import escape

from sandbox.jamf import payloads, runs
from sandbox.jamf.context import Jamf
from sandbox.jamf.directory import moment
from sandbox.jamf.fleet import ACKNOWLEDGED, ERROR, INSTALL, NOT_NOW, OPEN
from sandbox.jamf.shell import root_of, run_script
from sandbox.jamf.store import Database, Json, Kind, Thing

ANSWERS = (ACKNOWLEDGED, NOT_NOW, ERROR)
ONLINE, OFFLINE = "online", "offline"
# How long a call of the API waits for Macs that are at work; on a busy machine their scripts take minutes, and who asks
# Jamf Pro hears from it meanwhile.
PATIENCE_SECONDS = 5.0


def act(server: Jamf) -> None:
    """All that is due now. Scripts run outside of any transaction, one Mac after the other."""
    now = time.time()
    if not server.store.anything_due(now):
        return
    with server.fleet:
        with server.store.transaction(server.node()) as database:
            for mac in database.things(Kind.COMPUTER, states=[ONLINE]):
                _answer(server, database, mac, now)
            checking = [
                (mac, runs.at_check_in(database, mac, now))
                for mac in database.things(Kind.COMPUTER, states=[ONLINE], due_by=now)
                if mac.body["check_in"] is not None
            ]
        for mac, jobs in checking:
            for job in jobs:
                run(server, mac, job)
        with server.store.transaction(server.node()) as database:
            for mac in database.things(Kind.COMPUTER, states=[ONLINE], due_by=now):
                _rest(database, mac, now, {mac.id for mac, _ in checking})


def act_beside(server: Jamf) -> None:
    """As `act`, in a thread of its own; returns when that is done, and after `PATIENCE_SECONDS` anyway."""
    if not server.store.anything_due(time.time()) or not server.fleet.acquire(timeout=PATIENCE_SECONDS):
        return
    server.fleet.release()
    thread = threading.Thread(target=act, args=(server,), daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)


def run(server: Jamf, mac: Thing, job: runs.Job) -> None:
    """One policy on one Mac, and its line in the log."""
    root = root_of(server.home, mac.body["serial"])
    results = [run_script(root, contents, (mac.body["name"], mac.body["username"], *parameters))
               for contents, parameters in job.scripts]  # fmt: skip
    entry: Json = {
        "policy_id": job.policy_id,
        "policy_name": job.policy_name,
        "version": job.version,
        "at": time.time(),
        "status": runs.COMPLETED if all(result.succeeded for result in results) else runs.FAILED,
        "output": "\n".join(result.output for result in results),
    }
    with server.store.transaction(server.node()) as database:
        database.add(Kind.RUN, entry, owner=mac.id)


def run_event(server: Jamf, mac: Thing, event: str) -> None:
    """`jamf policy -event NAME` on the Mac."""
    with server.store.transaction(server.node()) as database:
        jobs = runs.at_event(database, mac, time.time(), event)
    for job in jobs:
        run(server, mac, job)


def _answer(server: Jamf, database: Database, mac: Thing, now: float) -> None:
    """The commands that have reached the Mac by now."""
    installed: Json = dict(mac.body["installed"])
    answer, answered = mac.body["answers"], False
    reached = database.things(Kind.COMMAND, owner=mac.id, states=OPEN, due_by=now) if mac.body["managed"] else []
    for command in reached:
        answered = True
        if answer == NOT_NOW:
            database.change(Kind.COMMAND, replace(command, state=NOT_NOW, due=None))
            continue
        state = answer if answer == ERROR or _done(database, mac, command, installed, now) else ERROR
        body = {**command.body, "dateCompleted": moment(now)}
        database.change(Kind.COMMAND, replace(command, state=state, due=None, body=body))
    if answered:
        at = now + server.settings.inventory_seconds
        body = {**mac.body, "installed": installed, "report_due": at}
        database.change(Kind.COMPUTER, replace(mac, due=at if mac.due is None else min(at, mac.due), body=body))


def _done(database: Database, mac: Thing, command: Thing, installed: Json, now: float) -> bool:
    """A profile goes by its identifier: with a new one, it comes beside what was there."""
    identifier = command.body["profileIdentifier"]
    if command.body["command"] != INSTALL:
        installed.pop(identifier, None)
        return True
    profile = database.get(Kind.PROFILE, command.body["profileId"])
    if profile is None:
        return False
    variables = {
        "COMPUTERNAME": mac.body["name"],
        "SERIALNUMBER": mac.body["serial"],
        "UDID": mac.body["udid"],
        "JSSID": str(mac.id),
        "USERNAME": mac.body["username"],
        "FULLNAME": mac.body["realname"],
        "REALNAME": mac.body["realname"],
        "EMAIL": mac.body["email"],
        "POSITION": mac.body["position"],
    }
    installed[profile.body["identifier"]] = {
        "id": profile.id,
        "uuid": profile.body["uuid"],
        "name": profile.body["general"]["name"],
        "level": profile.body["general"]["level"],
        "at": moment(now),
        "text": payloads.substituted(profile.body["text"], {name: escape(text) for name, text in variables.items()}),
    }
    return True


def _rest(database: Database, mac: Thing, now: float, checked_in: set[int]) -> None:
    """Inventory where it is due, and when the Mac has to do something next."""
    body = dict(mac.body)
    if mac.id in checked_in:
        body["check_in"] = None
    if body["report_due"] is not None and body["report_due"] <= now:
        body |= {"reported": body["installed"], "reportDate": moment(now), "report_due": None}
    due = now if body["check_in"] is not None else body["report_due"]
    database.change(Kind.COMPUTER, replace(mac, due=due, body=body))
