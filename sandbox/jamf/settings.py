"""What a test may set about this Jamf Pro and its Macs; kept with its state."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox.jamf.store import LONGEST_LAG_SECONDS, Database, Kind, Thing

LONGEST_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class JamfSettings:
    """Times are seconds."""

    lag_seconds: float = 0.0  # until a node knows what the other did; Jamf's own is up to 60
    create_seconds: float = 0.02  # a create holds its type's lock for so long
    token_seconds: int = 599  # what a new token gets
    client_enabled: bool = True  # a disabled client gets no token; those it has go on
    missing_privileges: tuple[str, ...] = ()  # of the API role, by Jamf's names
    acknowledge_seconds: float = 0.0  # from a command to its Mac's answer
    inventory_seconds: float = 0.0  # from then until the Mac's inventory tells of it
    automatic_check_in: bool = True  # Macs check in when a policy that is theirs has changed
    empty_keys: bool = False  # property lists are exported with `<key/>`, as some are


LIMITS = {
    "lag_seconds": LONGEST_LAG_SECONDS,
    "create_seconds": 5.0,
    "token_seconds": LONGEST_SECONDS,
    "acknowledge_seconds": LONGEST_SECONDS,
    "inventory_seconds": LONGEST_SECONDS,
}


def changed(before: JamfSettings, wanted: Any) -> JamfSettings:
    """ValueError says what is not allowed."""
    known = {field.name for field in fields(before)}
    if not isinstance(wanted, dict) or not wanted.keys() <= known:
        raise ValueError(f"must be an object of {', '.join(sorted(known))}")
    given: dict[str, Any] = dict(wanted)
    for name, value in given.items():
        if name == "missing_privileges":
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise ValueError(f"{name}: must be a list of names")
            given[name] = tuple(value)
        elif name in LIMITS:
            whole = name == "token_seconds"
            if type(value) not in ({int} if whole else {int, float}) or not 0 <= value <= LIMITS[name]:
                raise ValueError(f"{name}: must be a number from 0 to {LIMITS[name]:g}: {value}")
        elif not isinstance(value, bool):
            raise ValueError(f"{name}: must be true or false: {value}")
    return JamfSettings(**{**asdict(before), **given})


def load(database: Database) -> JamfSettings:
    kept = database.things(Kind.SETTINGS)
    return changed(JamfSettings(), kept[0].body) if kept else JamfSettings()


def save(database: Database, settings: JamfSettings) -> None:
    body = asdict(settings)
    kept = database.things(Kind.SETTINGS)
    if kept:
        database.change(Kind.SETTINGS, Thing(kept[0].id, None, body))
    else:
        database.add(Kind.SETTINGS, body)
