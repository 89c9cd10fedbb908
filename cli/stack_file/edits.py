"""What people change in a stack file, one function each: of a document that ruamel.yaml read, in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from cli.terminal.errors import CommandError
from rollout.levels import Level
from rollout.model.errors import nearest
from rollout.stack_file.load import PROJECT

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
    members = _map(known, "members")
    if email in {str(key).strip().lower() for key in members}:
        raise CommandError(f"cohorts.{cohort}.members.{email}: there already")
    members[email] = flow({key: _quoted(key, value) for key, value in fields.items() if value not in (None, False)})


def remove_member(document: Document, cohort: str, email: str) -> bool:
    """Whether there was an entry. Of somebody in a roster, that is what an incident says of them."""
    known = _cohort(document, cohort)
    members = _part(known, "members")
    found: list[Any] = [key for key in members if str(key).strip().lower() == email]
    for key in found:
        del members[key]
    if found and not members:
        del known["members"]
    return bool(found)


def member_entry(document: Document, cohort: str, email: str) -> Any:
    """What the stack file itself says of a member: all, or of somebody in the roster what stops them; else nothing."""
    members = _part(_cohort(document, cohort), "members")
    return next((members[key] for key in members if str(key).strip().lower() == email), None)


def put_member(document: Document, cohort: str, email: str, entry: Any) -> None:
    """The entry as it is, comments of its own included."""
    _map(_cohort(document, cohort), "members")[email] = entry


def rename_team(document: Document, old: str, new: str) -> bool:
    """In `organization.teams`, at its place and with what it says, and of each member and machine here. Whether it was
    there. CommandError where the new name is taken."""
    config: Any = document.get("config") if hasattr(document, "get") else None
    teams = _part(_part(config, f"{PROJECT}:organization"), "teams")
    is_there = old in teams
    if is_there and new != old:
        if new in teams:
            raise CommandError(
                f"organization.teams.{new}: there already; take one of the two out, and add their people"
            )
        place, team = list(teams).index(old), teams[old]
        teams.insert(place, _as_text(new), team)
        if old in teams.ca.items:
            teams.ca.items[new] = teams.ca.items.pop(old)
        del teams[old]
    cohorts = _cohorts(document)
    for name in cohorts:
        for holders in (_part(cohorts[name], "members"), _part(cohorts[name], "machines")):
            for holder in holders:
                if str(_part(holders, holder).get("team", "")).lower() == old.lower():
                    holders[holder]["team"] = _as_text(new)
    return is_there


def _quoted(key: str, value: Any) -> Any:
    return DoubleQuotedScalarString(value) if key == "until" else value


def _as_text(value: str) -> str:
    """In quotes where YAML 1.1, by which a stack file is read, takes it for no text: `on`, `no`, `null`."""
    try:
        read: object = yaml.safe_load(value)
    except yaml.YAMLError:
        return value  # ruamel puts what is no plain text in quotes by itself
    return DoubleQuotedScalarString(value) if read is None or isinstance(read, bool) else value


def roster(document: Document, cohort: str) -> str | None:
    found = _cohort(document, cohort).get("roster")
    return str(found) if found else None


def use_roster(document: Document, cohort: str, roster: str) -> None:
    _cohort(document, cohort)["roster"] = roster


def set_level(
    document: Document,
    cohort: str,
    member: str | None,
    level: Level,
    incident: Mapping[str, Any],
    *,
    cut: bool = False,
) -> None:
    """`incident`: of a level above active; empty keeps the file's own. Without `since` it began now, or when the file
    says of the same incident. `cut`: whether IAM denies them everything by `rollout cut`, whatever the file says.

    What ends a suspension ends it now: sessions that were issued before, also during the incident, stay dead, below
    `suspended` too. A member's own level stays below the cohort's: of the two the one that takes away more is in force.
    A cohort that goes back to `planned` leaves logs that no update may delete, so it is named among the retired, until
    it has a level again.
    """
    whole = _cohort(document, cohort)
    key = "machines" if member and member in _part(whole, "machines") else "members"
    place = _map(whole, key).setdefault(member, flow({})) if member else whole
    before, last = _level_of(place), _part(place, "incident")
    if level.needs_incident:
        if incident:
            place["incident"] = flow(
                _dated(incident, last, f"cohorts.{cohort}" + (f".{key}.{member}" if member else ""))
            )
        elif not last and not (member and _part(whole, "incident")):
            raise CommandError(f"{level} needs --incident and --reason: {member or cohort} has no incident in the file")
    else:
        place.pop("incident", None)
    if (cut or before.is_cut) and not level.is_cut:
        # STS dates a session to the second: one of this very second is from before.
        ended = instant(datetime.now(UTC) + timedelta(seconds=1))
        place["sessions_valid_from"] = _later(ended, place.get("sessions_valid_from"))
    if member and level is Level.ACTIVE:
        place.pop("level", None)
        if not place:
            del whole[key][member]
            if not whole[key]:
                del whole[key]
    else:
        _put_first(place, "level", level.value)
    if not member and (level is Level.PLANNED) is not (before is Level.PLANNED):
        _retire(document, cohort, level is Level.PLANNED)


def set_until(document: Document, cohort: str, member: str | None, until: datetime | None, *, longer: bool) -> None:
    """`until`: None for never. `longer`: whether that gives more than the file did: then it says when that was decided,
    or the next update would take it for an old copy (`rollout.incidents.ends`)."""
    whole = _cohort(document, cohort)
    place = _member_place(whole, member) if member else whole
    if until:
        place["until"] = end_text(until)
    else:
        place.pop("until", None)
    if longer:
        place["extended"] = _later(instant(datetime.now(UTC)), place.get("extended"))


def say_never(document: Document, cohort: str, member: str) -> None:
    """Of somebody whose roster says an end: the stack file's own word stands above it."""
    _member_place(_cohort(document, cohort), member)["until"] = None


def _member_place(whole: Any, member: str) -> Any:
    members = _map(whole, "machines" if "@" not in member else "members")
    return members.setdefault(next((key for key in members if str(key).strip().lower() == member), member), flow({}))


def end_text(until: datetime) -> Any:
    """A last day where it ends with one. In quotes: without them the engine takes a day for midnight, and midnight for
    a day."""
    at = until.astimezone(UTC)
    is_day = at.time() == datetime.min.time()
    return DoubleQuotedScalarString(f"{at - timedelta(days=1):%Y-%m-%d}" if is_day else instant(at))


def _dated(incident: Mapping[str, Any], last: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Neither a command that is repeated nor an escalation moves the begin of its incident; a person may say that it
    began earlier."""
    known = last.get("since") if last.get("id") == incident["id"] else None
    given = incident.get("since")
    if (later := _utc(given)) and (first := _utc(known)) and later > first:
        raise CommandError(
            f"{path}.incident.since: {incident['id']} began at {known} by the file, and --since says {given}; leave "
            "--since out, or give another incident another id"
        )
    since = given or known or instant(datetime.now(UTC))
    return {"id": incident["id"], "since": since, **{k: v for k, v in incident.items() if k not in {"id", "since"}}}


def _retire(document: Document, cohort: str, retired: bool) -> None:
    config, key = document["config"], f"{PROJECT}:logs"
    known = [name for name in _part(config, key).get("retired") or () if name != cohort]
    if retired:
        _map(config, key)["retired"] = _row([*known, cohort])
    elif "retired" in _part(config, key):
        if known:
            config[key]["retired"] = _row(known)
        else:
            del config[key]["retired"]
            if not config[key]:
                del config[key]


def _level_of(place: Any) -> Level:
    """What the file says; `active` where it says nothing, or nothing that was ever in force."""
    try:
        return Level(place.get("level"))
    except ValueError:
        return Level.ACTIVE


def _later(one: Any, other: Any) -> Any:
    """Of two times, as they are written. One that is none is passed over: the judge names it."""
    known = [(at, value) for value in (one, other) if (at := _utc(value))]
    return max(known, key=lambda pair: pair[0])[1] if known else one


def _utc(value: Any) -> datetime | None:
    """ruamel.yaml gives an unquoted time in UTC, and without its zone."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _part(place: Any, key: str) -> Any:
    """The map at `key`; an empty one, apart from the document, where there is none."""
    found = place.get(key)
    return found if hasattr(found, "get") else CommentedMap()


def _map(place: Any, key: str) -> Any:
    """The same, within the document."""
    if not hasattr(place.get(key), "get"):
        place[key] = CommentedMap()
    return place[key]


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


def flow(values: Mapping[str, Any]) -> Any:
    made: Any = CommentedMap({key: _as_text(each) if isinstance(each, str) else each for key, each in values.items()})
    made.fa.set_flow_style()
    return made


def instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
