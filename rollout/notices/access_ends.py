"""Who is told that their access is about to end, and when: each once of each end, three days before.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from rollout.model.times import instant, moment
from rollout.notices.access import Access, Told, to_person, told_ends
from rollout.notices.level_changes import Delivery, Settings

NOTICE = timedelta(days=3)
# How often somebody looks (`components.functions.announcement`): so nobody has less than three days.
EVERY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look at a cohort's ends. `ask`: as of Access."""

    cohort: str
    ask: str

    @staticmethod
    def read(document: Mapping[str, Any]) -> Look:
        return Look(cohort=str(document["cohort"]), ask=str(document["ask"]))


def near(ends: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Those to be told by now; an end that has passed is told by the update that takes them out of Okta's groups."""
    return {email: at for email, at in ends.items() if now < instant(at) <= now + NOTICE + EVERY}


def reminders(told: Told, look: Look, settings: Settings, now: datetime) -> tuple[list[Delivery], Told]:
    """What is to be sent, and what they know then. The same `told` where there is nothing to send."""
    due = {email: at for email, at in near(told.ends, now).items() if told.reminded.get(email) != at}
    found = [
        delivery
        for email, at in sorted(due.items())
        for delivery in to_person(email, "ends", _ends(at, look.ask), look.cohort, told.version, settings)
    ]
    return found, _reminded(told, due, told.version + 1) if due else told


def news(before: Told, access: Access, settings: Settings, now: datetime) -> list[Delivery]:
    """Of ends, with news of access: of one that is near already, and of one that was moved after they had been told of
    it. Who is new reads it in the notice of that; before three days before the end nobody needs to hear of a move."""
    return list(_news(before, access, settings, now))


def _news(before: Told, access: Access, settings: Settings, now: datetime) -> Iterator[Delivery]:
    ends, people = told_ends(access), [each for each in access.people if each in before.people]
    close = near(ends, now)
    for email in people if access.tells else ():
        knows, at = before.reminded.get(email), ends.get(email)
        if knows == at:
            continue
        if email in close:
            yield from to_person(
                email, "ends", _ends(close[email], access.ask), access.cohort, before.version, settings
            )
        elif knows:
            words = _moved(at, access.ask)
            yield from to_person(email, "moved", words, access.cohort, before.version, settings)


def know(told: Told, now: datetime) -> Told:
    """`told`, of whom everybody whose end is near was told of it."""
    return _reminded(told, near(told.ends, now), told.version)


def _reminded(told: Told, due: Mapping[str, str], version: int) -> Told:
    return replace(told, version=version, reminded={**told.reminded, **due})


def _ends(at: str, ask: str) -> tuple[str, list[str]]:
    lines = [
        f"What it means: from {moment(instant(at))} on no model answers, in sessions that are open too",
        "Next: finish what you are at, or hand it over. Files, branches and settings of yours are untouched",
        f"If you need it longer: ask before then: {ask}",
    ]
    return f"Your access to Claude Code ends {moment(instant(at))}", lines


def _moved(at: str | None, ask: str) -> tuple[str, list[str]]:
    when = f"ends {moment(instant(at))} now" if at else "does not end any more"
    lines = ["What it means: the end that you were told of was moved; nothing changes until then"] if at else []
    return f"Your access to Claude Code {when}", [*lines, f"Questions: {ask}"]
