"""Where a cohort stands, and what changed since it was last told of.

This runs in AWS Lambda too, where there is no pydantic: standard library and `rollout.levels` only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from rollout.levels import Level


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One member as an announcement knows them. `level`: their own, none where it is the cohort's."""

    name: str = ""
    manager: str | None = None
    level: str | None = None
    incident: Mapping[str, Any] | None = None

    @staticmethod
    def read(document: Mapping[str, Any]) -> Subject:
        """What a standing of another version had besides is of no account."""
        known = {each.name for each in fields(Subject)}
        return Subject(**{key: value for key, value in document.items() if key in known})


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a cohort stands. `members`: everybody at a level above active, else those with a level of their own.
    `removed`: e-mail addresses of who left it and is in no other."""

    cohort: str
    level: str
    incident: Mapping[str, Any] | None = None
    members: Mapping[str, Subject] = field(default_factory=dict[str, Subject])
    removed: tuple[str, ...] = ()

    @staticmethod
    def read(document: Mapping[str, Any]) -> Standing:
        members = {email: Subject.read(member) for email, member in document.get("members", {}).items()}
        return Standing(
            cohort=document["cohort"],
            level=Level(document["level"]).value,
            incident=document.get("incident"),
            members=members,
            removed=tuple(document.get("removed", ())),
        )

    def effective(self, email: str) -> Level:
        """A member's level: their own, or the cohort's where that takes away more."""
        own = self.members[email].level if email in self.members else None
        return max(Level(self.level), Level(own or self.level), key=lambda level: level.rank)

    @property
    def lists_everybody(self) -> bool:
        return Level(self.level).needs_incident


@dataclass(frozen=True, kw_only=True)
class Change:
    """`subject`: None for the cohort as a whole, or a member's e-mail address. `people`: whose access changes.
    `removed`: the subject left the rollout; `after` is `planned` then, at which nobody has anything."""

    id: str
    at: datetime
    cohort: str
    subject: str | None
    before: Level
    after: Level
    incident: Mapping[str, Any]
    people: Mapping[str, Subject]
    removed: bool = False


def changes(before: Standing | None, after: Standing, version: int, at: datetime) -> list[Change]:
    """What is new in `after`: the cohort's level first, then single members'. `version` tells repeats apart."""
    old = before or Standing(cohort=after.cohort, level=Level.PLANNED.value)
    found: list[Change] = []
    known = {email: each for email, each in {**old.members, **after.members}.items() if email not in after.removed}
    left = _removed(old, after, version, at)
    if old.level != after.level:
        affected = {
            email: subject
            for email, subject in known.items()
            if (email in after.members or not after.lists_everybody)
            and (email in old.members or not old.lists_everybody)
            and old.effective(email) is not after.effective(email)
        }
        incident = after.incident or old.incident or {}
        found.append(_change(after.cohort, None, old.level, after.level, version, at, incident, affected))
        return [*found, *_own_levels(old, after, known, version, at, set(affected)), *left]
    return [*_own_levels(old, after, known, version, at, set()), *left]


def _removed(old: Standing, after: Standing, version: int, at: datetime) -> list[Change]:
    """Who was stopped when they left: nobody tells them that they have access again."""
    return [
        replace(
            _change(
                after.cohort,
                email,
                old.effective(email).value,
                Level.PLANNED.value,
                version,
                at,
                subject.incident or old.incident or {},
                {email: subject},
            ),
            removed=True,
        )
        for email, subject in sorted(old.members.items())
        if email in after.removed and old.effective(email).needs_incident
    ]


def _own_levels(
    old: Standing, after: Standing, known: Mapping[str, Subject], version: int, at: datetime, told: set[str]
) -> list[Change]:
    """Members whose level changed by their own entry. Whom the cohort's change reaches is told by that."""
    found: list[Change] = []
    for email, subject in sorted(known.items()):
        was, now = old.effective(email), after.effective(email)
        own = old.members.get(email, Subject()).level, after.members.get(email, Subject()).level
        gone = after.lists_everybody and email not in after.members
        if was is now or own[0] == own[1] or email in told or gone:
            continue
        earlier = old.members[email].incident if email in old.members else None
        incident = subject.incident or earlier or after.incident or old.incident or {}
        found.append(_change(after.cohort, email, was.value, now.value, version, at, incident, {email: subject}))
    return found


def _change(
    cohort: str,
    subject: str | None,
    before: str,
    after: str,
    version: int,
    at: datetime,
    incident: Mapping[str, Any],
    people: Mapping[str, Subject],
) -> Change:
    return Change(
        id=digest(cohort, subject or "", before, after, str(version)),
        at=at,
        cohort=cohort,
        subject=subject,
        before=Level(before),
        after=Level(after),
        incident=incident,
        people=dict(sorted(people.items())),
    )


def digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()
