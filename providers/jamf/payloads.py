"""Configuration profiles as Jamf Pro takes and keeps them: managed preferences, which it keeps faithfully.

The rules are those of Jamf's Classic API as its clients have found them (docs/macs.md names the sources).
"""

from __future__ import annotations

import plistlib
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast
from xml.parsers.expat import ExpatError

from providers.jamf.errors import JamfError
from providers.jamf.values import UNKNOWN

MCX = "com.apple.ManagedClient.preferences"
NAMESPACE = uuid.UUID("5a3f6f0e-6a5d-4f0b-9a53-2f9d4c2f7c11")
# Jamf fills in what looks like one of its variables, such as $COMPUTERNAME.
_VARIABLE = re.compile(r"\$[A-Z]")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd]")
_BETWEEN = re.compile(r"(?<=>)\s+(?=<)")
_NO_KEY = re.compile(r"<key\s*/>|<key></key>")

Document = dict[str, Any]


def profile(
    name: str, organization: str, domain: str, settings: Mapping[str, Any], identity: tuple[str, str]
) -> Document:
    """`identity`: UUID and identifier; on an update those that the server gave, or Macs see another profile."""
    own, identifier = identity
    entry = str(uuid.uuid5(NAMESPACE, f"{domain} {name}"))
    return {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadScope": "System",
        "PayloadUUID": own,
        "PayloadIdentifier": identifier,
        "PayloadDisplayName": name,
        "PayloadOrganization": organization,
        "PayloadContent": [
            {
                "PayloadType": MCX,
                "PayloadVersion": 1,
                "PayloadUUID": entry,
                "PayloadIdentifier": f"{domain}.{entry}",
                "PayloadEnabled": True,
                "PayloadContent": {domain: {"Forced": [{"mcx_preference_settings": settings}]}},
            }
        ],
    }


def encoded(document: Document) -> str:
    """Content of `<payloads>`. Compact, since blanks between tags become empty arrays; and escaped once more than XML
    asks for, since Jamf decodes once more (its defect PI-827)."""
    compact = _BETWEEN.sub("", plistlib.dumps(document).decode()).strip()
    return f"<![CDATA[{compact.replace(']]>', ']]&gt;').replace('&', '&amp;')}]]>"


def decoded(text: str) -> Document:
    """What GET shows, which is escaped as it should be; some exports have keys without a name."""
    try:
        document: object = plistlib.loads(_NO_KEY.sub("", text).encode(), fmt=plistlib.FMT_XML)
    except (ExpatError, ValueError, plistlib.InvalidFileException, TypeError, AttributeError, IndexError):
        raise JamfError("the profile in Jamf Pro is no property list") from None
    if not isinstance(document, dict):
        raise JamfError("the profile in Jamf Pro is no dictionary")
    return cast("Document", document)


def domain_of(document: Document) -> str:
    """The preference domain that a profile is about; empty where it is about something else."""
    return next((domain for domain, _ in _managed(document)), "")


def preferences(document: Document, domain: str) -> Document:
    """The settings forced in a domain; none where the profile is about something else."""
    return next((settings for each, settings in _managed(document) if each == domain), {})


def _managed(document: Document) -> Iterator[tuple[str, Document]]:
    entries = document.get("PayloadContent")
    for entry in cast("list[Any]", entries) if isinstance(entries, list) else []:
        try:
            if entry["PayloadType"] == MCX:
                for domain, content in entry["PayloadContent"].items():
                    yield domain, normalized(content["Forced"][0]["mcx_preference_settings"])
        except (KeyError, TypeError, IndexError, AttributeError):
            continue


def normalized(value: Any) -> Any:
    """As two settings are compared: Jamf trims strings and folds line ends; whole numbers are numbers."""
    match value:
        case dict():
            return {str(key): normalized(each) for key, each in cast("Document", value).items()}
        case list() | tuple():
            return [normalized(each) for each in cast("list[Any]", value)]
        case str():
            return value.replace("\r\n", "\n").replace("\r", "\n").strip()
        case float() if value.is_integer():
            return int(value)
        case bool() | int() | float():
            return value
        case _:
            return str(value)


def lint(value: Any, path: str = "settings") -> Iterator[tuple[str, str]]:
    """What Jamf would not keep as it is, with where: each a path and a sentence."""
    match value:
        case dict():
            found = cast("Document", value)
            if not found:
                yield path, "empty; leave it out, since Jamf Pro may"
            for key, each in found.items():
                yield from ((f"{path}.{key}", f"key: {reason}") for reason in _text_faults(key))
                yield from lint(each, f"{path}.{key}")
        case list():
            items = cast("list[Any]", value)
            if not items:
                yield path, "empty; leave it out, since Jamf Pro may"
            for number, each in enumerate(items):
                yield from lint(each, f"{path}[{number}]")
        case None:
            yield path, "null, which a property list cannot hold; leave it out"
        case str() if value != UNKNOWN:
            yield from ((path, reason) for reason in _text_faults(value))
        case _:
            return


def _text_faults(value: str) -> Iterator[str]:
    if value != value.strip():
        yield "blanks at an end, which Jamf Pro trims; take them out"
    if found := _NOT_IN_XML.search(value):
        yield f"a character that may not survive in Jamf Pro: {found[0]!r}; leave it out"
    if found := _VARIABLE.search(value):
        yield f"{value[found.start() : found.start() + 20]}: Jamf Pro replaces what looks like its variables; reword it"
