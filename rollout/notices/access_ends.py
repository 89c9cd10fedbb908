"""Who is told that their access is about to end, and when: each once of each end, three days before. Of a machine it is
who answers for it.

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
    due = {holder: at for holder, at in near(told.ends, now).items() if told.reminded.get(holder) != at}
    to = _Sender(cohort=look.cohort, ask=look.ask, version=told.version, owners=told.owners, settings=settings)
    found = [delivery for holder, at in sorted(due.items()) for delivery in to.ends(holder, at)]
    return found, _reminded(told, due, told.version + 1) if due else told


def news(before: Told, access: Access, settings: Settings, now: datetime) -> list[Delivery]:
    """Of ends, with news of access: of one that is near already, and of one that was moved after they had been told of
    it. Who is new reads it in the notice of that; before three days before the end nobody needs to hear of a move, and
    of a machine nobody hears that its end was taken away."""
    return list(_news(before, access, settings, now))


def _news(before: Told, access: Access, settings: Settings, now: datetime) -> Iterator[Delivery]:
    ends, people = told_ends(access), [each for each in access.people if each in before.people]
    close, owners = near(ends, now), access.owners
    to = _Sender(cohort=access.cohort, ask=access.ask, version=before.version, owners=owners, settings=settings)
    for holder in [*people, *sorted(owners)] if access.tells else ():
        knows, at = before.reminded.get(holder), ends.get(holder)
        if knows == at:
            continue
        if holder in close:
            yield from to.ends(holder, close[holder])
        elif knows:
            yield from to.moved(holder, at)


def know(told: Told, now: datetime) -> Told:
    """`told`, of whom everybody whose end is near was told of it."""
    return _reminded(told, near(told.ends, now), told.version)


def _reminded(told: Told, due: Mapping[str, str], version: int) -> Told:
    return replace(told, version=version, reminded={**told.reminded, **due})


@dataclass(frozen=True, kw_only=True)
class _Sender:
    """News of ends, to whom they are for: a person, or the owner of a machine. `version`: as of `to_person`."""

    cohort: str
    ask: str
    version: int
    owners: Mapping[str, str]
    settings: Settings

    def ends(self, holder: str, at: str) -> Iterator[Delivery]:
        own = "finish what you are at, or hand it over. Files, branches and settings of yours are untouched"
        lines = [
            f"What it means: from {moment(instant(at))} on no model answers, in sessions that are open too",
            f"Next: {f'take {holder} out of service, or move its end' if holder in self.owners else own}",
            f"If you need it longer: ask before then: {self.ask}",
        ]
        yield from self._send(holder, "ends", f"ends {moment(instant(at))}", lines)

    def moved(self, holder: str, at: str | None) -> Iterator[Delivery]:
        when = f"ends {moment(instant(at))} now" if at else "does not end any more"
        lines = ["What it means: the end that you were told of was moved; nothing changes until then"] if at else []
        yield from self._send(holder, "moved", when, [*lines, f"Questions: {self.ask}"])

    def _send(self, holder: str, kind: str, when: str, lines: list[str]) -> Iterator[Delivery]:
        owner = self.owners.get(holder)
        whose = f"Access to Claude Code of {holder}, which you answer for," if owner else "Your access to Claude Code"
        words, machine = (f"{whose} {when}", lines), holder if owner else None
        yield from to_person(owner or holder, kind, words, self.cohort, self.version, self.settings, machine)
