"""The forms in which a document reaches a machine: JSON, property list, configuration profile, helper.

A profile holds the settings as the preferences of a domain, forced (payload com.apple.ManagedClient.preferences), which
Jamf Pro stores faithfully (jamf-api 3). Its identifiers depend on organization and recipients alone, so that the next
document replaces this one in place of being a second profile.
"""

from __future__ import annotations

import json
import plistlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

from rollout.macs.places import DOMAIN, Places

Document = Mapping[str, Any]
MCX = "com.apple.ManagedClient.preferences"
# Ours, made once by uuid4; another one would make every profile a new one.
_NAMESPACE = uuid.UUID("234a9bc5-9658-4a8e-a57a-ddd8b492262c")
_HELPER_TIMEOUT_MILLISECONDS = 10_000


def as_json(document: Document) -> str:
    """Also Jamf AI Governance's `settings_json`."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def as_plist(document: Document) -> bytes:
    """The property list of the domain, as Jamf's *Custom Settings* takes it."""
    return plistlib.dumps(dict(document))


def as_mobileconfig(document: Document, organization: str, name: str) -> bytes:
    """A configuration profile, unsigned. `name`: of the recipients."""
    preferences = {DOMAIN: {"Forced": [{"mcx_preference_settings": dict(document)}]}}
    title = f"Claude Code: {name}"
    return plistlib.dumps(
        {
            **_payload("Configuration", title, organization, name),
            "PayloadScope": "System",
            "PayloadRemovalDisallowed": True,
            "PayloadDescription": "Managed settings of Claude Code",
            "PayloadContent": [{**_payload(MCX, title, organization, name), "PayloadContent": preferences}],
        }
    )


def _payload(kind: str, title: str, organization: str, name: str) -> dict[str, Any]:
    """The keys that each payload has (Apple, Profile-Specific Payload Keys)."""
    identity = uuid.uuid5(_NAMESPACE, json.dumps([organization, name, kind]))
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"claude-code-rollout.{identity}",
        "PayloadUUID": str(identity).upper(),
        "PayloadDisplayName": title,
        "PayloadOrganization": organization,
        "PayloadEnabled": True,
    }


def settings_in(profile: bytes) -> dict[str, Any]:
    """The document that a profile carries. Raises ValueError with what is wrong with the profile."""
    if mistakes := profile_mistakes(profile):
        raise ValueError("; ".join(mistakes))
    [entry] = plistlib.loads(profile)["PayloadContent"]
    return entry["PayloadContent"][DOMAIN]["Forced"][0]["mcx_preference_settings"]


def profile_mistakes(profile: bytes) -> list[str]:
    """Where it departs from Apple's profile format, or from one payload of our domain."""
    try:
        read: object = plistlib.loads(profile)
    except (plistlib.InvalidFileException, ValueError) as error:
        return [f"no property list: {error}"]
    return list(_profile(cast("dict[str, Any]", read))) if isinstance(read, dict) else ["no dictionary"]


_COMMON: Mapping[str, type] = {"PayloadType": str, "PayloadVersion": int, "PayloadIdentifier": str, "PayloadUUID": str}


def _profile(profile: dict[str, Any]) -> Iterator[str]:
    yield from _common("the profile", profile, "Configuration")
    if profile.get("PayloadScope", "User") != "System":
        yield "the profile: PayloadScope must be System, or it is one person's"
    entries: object = profile.get("PayloadContent")
    if not isinstance(entries, list) or len(cast("list[Any]", entries)) != 1:
        yield "the profile: PayloadContent must be a list of one payload"
        return
    [entry] = cast("list[dict[str, Any]]", entries)
    yield from _common("the payload", entry, MCX)
    if entry.get("PayloadUUID") == profile.get("PayloadUUID"):
        yield "the payload: PayloadUUID is the profile's own"
    content: Any = entry.get("PayloadContent")
    try:
        settings: object = content[DOMAIN]["Forced"][0]["mcx_preference_settings"]
    except (KeyError, IndexError, TypeError):
        settings = None
    if not isinstance(settings, dict) or list(content) != [DOMAIN]:
        yield f"the payload: no {DOMAIN} with Forced, mcx_preference_settings and nothing beside it"


def _common(what: str, payload: dict[str, Any], kind: str) -> Iterator[str]:
    for key, expected in _COMMON.items():
        if not isinstance(payload.get(key), expected):
            yield f"{what}: {key} must be a {expected.__name__}"
    if payload.get("PayloadType") != kind:
        yield f"{what}: PayloadType must be {kind}"
    if payload.get("PayloadVersion") != 1:
        yield f"{what}: PayloadVersion must be 1"
    try:
        uuid.UUID(str(payload.get("PayloadUUID")))
    except ValueError:
        yield f"{what}: PayloadUUID is no UUID"


def helper_file(places: Places, minutes: int) -> str:
    """The file that names the helper, the only one that a machine keeps under `mac.channel: helper`.

    Where a server's settings are kept in a person's home, the helper is not run: so the file itself says, beside the
    helper's answer, that those must come from the server.
    """
    helper = {
        "path": places.helper,
        "timeoutMs": _HELPER_TIMEOUT_MILLISECONDS,
        "refreshIntervalMs": minutes * 60_000,
    }
    return as_json({"policyHelper": helper, "forceRemoteSettingsRefresh": True})


def helper_answer(document: Document) -> str:
    """What the helper has to print. It is then all that counts, in place of every other source."""
    return as_json({"managedSettings": dict(document)})
