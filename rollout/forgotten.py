"""Cuts that a stack has on record and a stack file does not know: an update from it would give access back unasked.

An incident is set from somebody's machine. Until it is committed, every other copy of the stack file still says
`active`, and what is merged meanwhile would be deployed from one of those.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rollout.config import Cohort
from rollout.levels import Level
from rollout.standing import instant, latest

# No session of a role outlives it (IAM user guide, maximum session duration).
LONGEST_SESSION = timedelta(hours=12)


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """Of a cohort, or of its member `email` alone. `valid_from`: sessions from before it are dead in the stack.
    `taken_out`: that member is in this cohort no more, and the stop on their sessions would go with them."""

    cohort: str
    email: str | None
    level: Level
    valid_from: datetime
    taken_out: bool = False

    @property
    def line(self) -> str:
        path = f"cohorts.{self.cohort}" + (f".members.{self.email}" if self.email else "")
        at = _text(self.valid_from)
        known = f"{path}: the stack has it at {self.level}, sessions from before {at} dead, and this file"
        if self.taken_out:
            return (
                f"{known} has taken it out: they would live again; take it out after "
                f"{_text(self.valid_from + LONGEST_SESSION)}, or write `sessions_valid_from: {at}` in "
                f"cohorts.{self.cohort}, where everybody signs in once more then"
            )
        return (
            f"{known} does not know; "
            f"take the newest file, or write `sessions_valid_from: {at}` there if access is to be given back"
        )


def on_record(cohort: Cohort) -> dict[str, Any]:
    """What a stack's output keeps of a cohort's cuts; `stopped`: of members alone, by e-mail."""
    stopped = {
        email: {"level": cohort.level_of(email).value, "sessions_valid_from": at.isoformat()}
        for email in sorted(cohort.members)
        if (at := cohort.member_valid_from(email))
    }
    at = cohort.valid_from()
    return {
        **({"sessions_valid_from": at.isoformat()} if at else {}),
        **({"stopped": stopped} if stopped else {}),
    }


def forgotten(outputs: Mapping[str, Any], cohorts: Mapping[str, Cohort], now: datetime) -> Iterator[Forgotten]:
    """`outputs`: a stack's `cohorts`, as of its last update. What has nothing by the file is given nothing back.

    A cut that is over on both sides is of no account once no session can be that old. Somebody who was stopped alone
    is looked for wherever the file has them, and where it has them no longer: the role lives on without their stop.
    """
    homes = {email: name for name, cohort in cohorts.items() for email in cohort.members}
    for name in sorted({*outputs} & {*cohorts}):
        known, cohort = outputs[name], cohorts[name]
        whole = cohort.valid_from()
        if _lets_live(known, cohort.level, whole, now):
            yield _forgotten(name, None, known)
        stopped: Mapping[str, Any] = known.get("stopped", {})
        for email in sorted(stopped):
            home = homes.get(email)
            if home != name and _lets_live_unnamed(stopped[email], cohort, now):
                yield replace(_forgotten(name, email, stopped[email]), taken_out=True)
            if home and _lets_live(stopped[email], cohorts[home].level_of(email), _own(cohorts[home], email), now):
                yield _forgotten(home, email, stopped[email])


def _own(cohort: Cohort, email: str) -> datetime | None:
    return latest(cohort.valid_from(), cohort.member_valid_from(email))


def _lets_live_unnamed(known: Mapping[str, Any], cohort: Cohort, now: datetime) -> bool:
    """Of sessions whose person the cohort's role no longer knows, and who could begin no new one meanwhile."""
    then, whole = instant(known["sessions_valid_from"]), cohort.valid_from()
    is_dead = cohort.level.effects.models == "none" or (whole is not None and whole >= then)
    return not is_dead and then >= now - LONGEST_SESSION


def _lets_live(known: Mapping[str, Any], level: Level, valid_from: datetime | None, now: datetime) -> bool:
    if "sessions_valid_from" not in known or level.effects.models == "none":
        return False
    then = instant(known["sessions_valid_from"])
    over = Level(known["level"]).effects.models != "none"
    if over and then < now - LONGEST_SESSION:
        return False
    return valid_from is None or valid_from < then


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _forgotten(cohort: str, email: str | None, known: Mapping[str, Any]) -> Forgotten:
    level, valid_from = Level(known["level"]), instant(known["sessions_valid_from"])
    return Forgotten(cohort=cohort, email=email, level=level, valid_from=valid_from)
