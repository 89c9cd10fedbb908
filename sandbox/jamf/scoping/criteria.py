"""Smart groups: criteria over what inventory says of a Mac, combined from left to right, with parentheses."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from sandbox.jamf.errors import JamfError
from sandbox.jamf.store import Json, Thing

# A criterion's exact name -> the field of the Mac.
NAMES = {
    "Department": "department",
    "Email Address": "email",
    "Username": "username",
    "Full Name": "realname",
    "Serial Number": "serial",
    "Computer Name": "name",
    "Position": "position",
}
OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda have, want: have == want,
    "is not": lambda have, want: have != want,
    "like": lambda have, want: want in have,
    "not like": lambda have, want: want not in have,
}
DEFAULTS: Json = {"priority": 0, "andOr": "and", "value": "", "openingParen": False, "closingParen": False}


def checked(given: list[Json]) -> list[Json]:
    """With defaults, in order of priority; 409 for a name or an operator that Jamf does not spell so."""
    criteria = [DEFAULTS | each for each in given]
    for each in criteria:
        if each.get("name") not in NAMES or each.get("searchType") not in OPERATORS:
            raise JamfError(409, "Problem with criteria", code="INVALID_FIELD", field="criteria")
    opened = [each["openingParen"] - each["closingParen"] for each in criteria]
    if sum(opened) or any(sum(opened[:end]) < 0 for end in range(len(opened))):
        raise JamfError(409, "Problem with criteria: parentheses", code="INVALID_FIELD", field="criteria")
    return sorted(criteria, key=lambda each: int(each["priority"]))


def match(criteria: list[Json], mac: Thing) -> bool:
    """Whether the Mac is in the group; a group without criteria has every Mac."""
    if not criteria:
        return True
    return _folded(deque([{**criteria[0], "andOr": "and"}, *criteria[1:]]), mac, so_far=True)


def _folded(rest: deque[Json], mac: Thing, *, so_far: bool) -> bool:
    """`and` and `or` bind alike; ends with the parenthesis that closes what the caller opened."""
    while rest:
        each = rest.popleft()
        value, closes = _holds(each, mac), each["closingParen"]
        if each["openingParen"]:
            value, closes = (value if closes else _folded(rest, mac, so_far=value)), False
        so_far = (so_far and value) if each["andOr"] == "and" else (so_far or value)
        if closes:
            break
    return so_far


def _holds(criterion: Json, mac: Thing) -> bool:
    have, want = str(mac.body[NAMES[criterion["name"]]]).casefold(), str(criterion["value"]).casefold()
    return OPERATORS[criterion["searchType"]](have, want)
