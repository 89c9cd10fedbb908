"""What Jamf does to a configuration profile's property list.

It decodes entities once more than XML asks for, then wants the result to be XML; keeps MCX preferences as they are and
everything else less faithfully; and rewrites what it counts as its own.
"""

from __future__ import annotations

import plistlib
import re
import uuid
from dataclasses import dataclass
from html import unescape
from typing import Any
from xml.parsers.expat import ExpatError

from sandbox.jamf.errors import conflict

MCX = "com.apple.ManagedClient.preferences"
REFUSED = "Unable to update the database"

_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);")
_BETWEEN_ARRAYS = re.compile(r"(</array>|<array/>)\s+(?=<array)")
_BETWEEN_TAGS = re.compile(r">\s+<")

Plist = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The property list as GET shows it, and what a Mac knows the profile by."""

    text: str
    uuid: str
    identifier: str


def accepted(sent: str, name: str, *, new: bool) -> Stored:
    """The stored form of `<payloads>`, whose text is given as an XML parser sees it; 409 for what Jamf cannot read."""
    text = _ENTITY.sub(lambda entity: unescape(entity[0]), sent.strip())
    text = _BETWEEN_ARRAYS.sub(r"\1<array/>", text)
    try:
        document = plistlib.loads(text.encode(), fmt=plistlib.FMT_XML)
    except (ExpatError, ValueError, plistlib.InvalidFileException, TypeError, AttributeError, IndexError):
        conflict(REFUSED)
    entries: Any = document.get("PayloadContent") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        conflict(REFUSED)
    own = str(uuid.uuid4())
    identity = own if new else str(document.get("PayloadUUID") or own)
    identifier = own if new else str(document.get("PayloadIdentifier") or identity)
    top = {
        "PayloadDescription": "",
        "PayloadEnabled": True,
        "PayloadRemovalDisallowed": True,
        **document,
        "PayloadUUID": identity,
        "PayloadIdentifier": identifier,
        "PayloadDisplayName": name,
        "PayloadContent": sorted((_entry(entry) for entry in entries), key=lambda entry: str(entry.get("PayloadUUID"))),
    }
    return Stored(text=_rendered(_tidied(top)), uuid=identity, identifier=identifier)


def renamed(text: str, name: str) -> str:
    return _rendered({**plistlib.loads(text.encode()), "PayloadDisplayName": name})


def with_empty_keys(text: str) -> str:
    """As some exports are: a `<key/>` that belongs to nothing."""
    return text.replace("</key>", "</key><key/>", 1)


def preferences(text: str, domain: str) -> Plist | None:
    """What the profile manages of a preference domain, in whichever form; None where it does not touch it."""
    for entry in plistlib.loads(text.encode())["PayloadContent"]:
        if entry.get("PayloadType") == MCX and domain in entry.get("PayloadContent", {}):
            found: Plist = {}
            for forced in entry["PayloadContent"][domain].get("Forced", []):
                found |= forced.get("mcx_preference_settings", {})
            return found
        if entry.get("PayloadType") == domain:
            return {name: value for name, value in entry.items() if not name.startswith("Payload")}
    return None


def substituted(text: str, variables: dict[str, str]) -> str:
    """With Jamf's payload variables filled in for one Mac, wherever their names appear in a value."""
    for name, value in variables.items():
        text = text.replace(f"${name}", value)
    return text


def _entry(entry: Plist) -> Plist:
    if entry.get("PayloadType") == MCX:
        return {**entry, "PayloadDisplayName": "Custom Settings", "PayloadOrganization": "JAMF Software"}
    return _verbatim(entry)


def _verbatim(value: Any) -> Any:
    """What Jamf does not know it keeps as text: escaped once too often, and without line ends and tabs."""
    match value:
        case dict():
            return {name: _verbatim(each) for name, each in value.items()}
        case list():
            return [_verbatim(each) for each in value]
        case str():
            escaped = value.replace("&", "&amp;").replace("<", "&lt;")
            return re.sub(r"[\n\r\t]", "", escaped)
        case _:
            return value


def _tidied(value: Any) -> Any:
    """Blanks around strings go, and keys come in another order."""
    match value:
        case dict():
            return {name: _tidied(value[name]) for name in sorted(value, reverse=True)}
        case list():
            return [_tidied(each) for each in value]
        case str():
            return value.strip()
        case _:
            return value


def _rendered(document: Plist) -> str:
    text = plistlib.dumps(document, sort_keys=False).decode().replace('<plist version="1.0">', '<plist version="1">')
    return _BETWEEN_TAGS.sub("><", text).strip()
