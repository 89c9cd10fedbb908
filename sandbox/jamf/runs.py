"""Which policies a Mac has to run at a check-in or an event, by scope, trigger and frequency."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace

from sandbox.jamf.scoping import scope
from sandbox.jamf.store import Database, Json, Kind, Thing

DAY = 86_400.0
ONCE = "Once per computer"
# Frequency -> seconds that must have passed since the last run; None: one run is all.
FREQUENCIES: dict[str, float | None] = {
    ONCE: None,
    "Once per user per computer": None,
    "Once per user": None,
    "Once every day": DAY,
    "Once every week": 7 * DAY,
    "Once every month": 30 * DAY,
    "Ongoing": 0.0,
}
CHANGED, ALL = "changed", "all"
COMPLETED, FAILED = "Completed", "Failed"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One policy for one Mac: its scripts in order, with their parameters 4 to 11."""

    policy_id: int
    policy_name: str
    version: str
    scripts: tuple[tuple[str, tuple[str, ...]], ...]


def announce(database: Database, now: float) -> None:
    """Have each Mac check in that has not run a policy of its own as it is now."""
    offers = _offers(database, None)
    for mac in database.things(Kind.COMPUTER) if offers else []:
        if mac.body["check_in"] is None and _jobs(database, mac, offers, now, check_in=CHANGED):
            due = now if mac.due is None else min(now, mac.due)
            database.change(Kind.COMPUTER, replace(mac, due=due, body={**mac.body, "check_in": CHANGED}))


def at_check_in(database: Database, mac: Thing, now: float) -> list[Job]:
    """Unless the check-in is for `ALL`, what the Mac has run in its present form is left out."""
    return _jobs(database, mac, _offers(database, None), now, check_in=mac.body["check_in"])


def at_event(database: Database, mac: Thing, now: float, event: str) -> list[Job]:
    return _jobs(database, mac, _offers(database, event), now, check_in=ALL)


@dataclass(frozen=True, kw_only=True)
class _Offer:
    job: Job
    frequency: str
    targets: set[int]


def _offers(database: Database, event: str | None) -> list[_Offer]:
    return [
        _Offer(
            job=_job(database, policy),
            frequency=policy.body["general"]["frequency"],
            targets=scope.targets(database, policy.body["scope"]),
        )
        for policy in database.things(Kind.POLICY)
        if _triggered(policy.body["general"], event)
    ]


def _jobs(database: Database, mac: Thing, offers: list[_Offer], now: float, *, check_in: str) -> list[Job]:
    mine = [offer for offer in offers if mac.id in offer.targets]
    last = {run.body["policy_id"]: run.body for run in database.things(Kind.RUN, owner=mac.id)} if mine else {}
    return [
        offer.job
        for offer in mine
        if (run := last.get(offer.job.policy_id)) is None
        or (_again(offer.frequency, now - run["at"]) and (check_in == ALL or run["version"] != offer.job.version))
    ]


def _triggered(general: Json, event: str | None) -> bool:
    if not general["enabled"]:
        return False
    return general["trigger_other"] == event if event is not None else general["trigger_checkin"]


def _again(frequency: str, seconds: float) -> bool:
    wanted = FREQUENCIES[frequency]
    return wanted is not None and seconds >= wanted


def _job(database: Database, policy: Thing) -> Job:
    """Scripts that are to run before come first."""
    chosen = sorted(policy.body["scripts"], key=lambda each: each["priority"] != "Before")
    scripts = [
        (script.body["scriptContents"], tuple(each[f"parameter{number}"] for number in range(4, 12)))
        for each in chosen
        if (script := database.get(Kind.SCRIPT, each["id"]))
    ]
    version = hashlib.sha256(json.dumps([policy.body, scripts], sort_keys=True).encode()).hexdigest()
    return Job(policy_id=policy.id, policy_name=policy.body["general"]["name"], version=version, scripts=tuple(scripts))
