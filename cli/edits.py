"""What people change in a stack file, one function each: of a document that ruamel.yaml read, in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from cli.errors import CommandError
from rollout.levels import Level
from rollout.load import PROJECT
from rollout.words import nearest

Document = Any


def add_cohort(document: Document, name: str, level: str, models: Sequence[str], roster: str | None) -> None:
    cohorts = _cohorts(document, make=True)
    if name in cohorts:
        raise CommandError(f"cohorts.{name}: there already; `rollout add-member {name}` adds to it")
    cohort: Any = CommentedMap(level=level, models=_row(models))
    if roster:
        cohort["roster"] = roster
    cohorts[name] = cohort


def add_member(document: Document, cohort: str, email: str, fields: Mapping[str, Any]) -> None:
    known = _cohort(document, cohort)
    members = known.setdefault("members", CommentedMap())
    if email in {str(key).strip().lower() for key in members}:
        raise CommandError(f"cohorts.{cohort}.members.{email}: there already")
    members[email] = _flow({key: value for key, value in fields.items() if value not in (None, False)})


def remove_member(document: Document, cohort: str, email: str) -> bool:
    """Whether there was an entry. Of somebody in a roster, that is what an incident says of them."""
    known = _cohort(document, cohort)
    members: Any = known.get("members", CommentedMap())
    found: list[Any] = [key for key in members if str(key).strip().lower() == email]
    for key in found:
        del members[key]
    if found and not members:
        del known["members"]
    return bool(found)


def roster(document: Document, cohort: str) -> str | None:
    found = _cohort(document, cohort).get("roster")
    return str(found) if found else None


def use_roster(document: Document, cohort: str, roster: str) -> None:
    _cohort(document, cohort)["roster"] = roster


def set_level(document: Document, cohort: str, member: str | None, level: Level, incident: Mapping[str, Any]) -> None:
    """`incident`: of a level above active; empty otherwise. Back at active, sessions from before it stay dead."""
    place = _cohort(document, cohort)
    if member:
        members = place.setdefault("members", CommentedMap())
        place = members.setdefault(member, _flow({}))
    before = Level(place.get("level", Level.ACTIVE.value))
    last: Any = place.get("incident", CommentedMap())
    if level.needs_incident:
        place["incident"] = _flow({**incident} if incident else dict(last))
    else:
        place.pop("incident", None)
        if last and before.rank >= Level.SUSPENDED.rank:
            place["sessions_valid_from"] = last["since"]
    if member and level is Level.ACTIVE:
        place.pop("level", None)
        if not place:
            del _cohort(document, cohort)["members"][member]
            if not _cohort(document, cohort)["members"]:
                del _cohort(document, cohort)["members"]
    else:
        _put_first(place, "level", level.value)


def _put_first(place: Any, key: str, value: Any) -> None:
    if key in place:
        place[key] = value
    else:
        place.insert(0, key, value)


def _cohorts(document: Document, *, make: bool = False) -> Any:
    config: Any = document.get("config") if hasattr(document, "get") else None
    if not hasattr(config, "get"):
        raise CommandError("config: missing; see the README for what a stack file holds")
    key = f"{PROJECT}:cohorts"
    if make and not config.get(key):
        config[key] = CommentedMap()
    found = config.get(key)
    return found if hasattr(found, "get") else CommentedMap()


def _cohort(document: Document, name: str) -> Any:
    cohorts = _cohorts(document)
    if name not in cohorts:
        known = [str(cohort) for cohort in cohorts]
        raise CommandError(f"cohorts.{name}: no such cohort; {nearest(name, known)}")
    return cohorts[name]


def _row(values: Sequence[str]) -> Any:
    row: Any = CommentedSeq(values)
    row.fa.set_flow_style()
    return row


def _flow(values: Mapping[str, Any]) -> Any:
    made: Any = CommentedMap(values)
    made.fa.set_flow_style()
    return made


def instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
