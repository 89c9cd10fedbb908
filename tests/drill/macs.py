"""What the Macs have, read off the files on them and told apart by what each level is for, not by our own renderer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

SETTINGS = "/Library/Application Support/ClaudeCode/managed-settings.json"
REMOVED = "nothing"
ARN = ":application-inference-profile/"


def levels(macs: Iterable[dict[str, Any]], people: Collection[str], haiku: str | None) -> Counter[str]:
    """How many of these people's Macs are at which level. `haiku`: the ARN of the profile left at throttled."""
    return Counter(_level(mac, haiku) for mac in macs if mac["email"] in people)


def foreign(macs: Iterable[dict[str, Any]], arns: Collection[str]) -> set[str]:
    """Profile ARNs in settings that are no live profile's."""
    found: set[str] = set()
    for mac in macs:
        found |= {text for text in _texts(_settings(mac)) if ARN in text}
    return found - set(arns)


def _level(mac: dict[str, Any], haiku: str | None) -> str:
    settings = _settings(mac)
    if settings is None:
        left = [file["path"] for file in mac["files"] if "ClaudeCode" in file["path"]]
        return f"without settings, but {left}" if left else REMOVED
    # At throttled each prompt waits, and goes on.
    if '"continue": false' in json.dumps(settings.get("hooks", {}).get("UserPromptSubmit", [])).replace("\\", ""):
        return "suspended"
    if settings["availableModels"] == [haiku]:
        return "throttled"
    return "restricted" if "disableBypassPermissionsMode" in settings["permissions"] else "active"


def _settings(mac: dict[str, Any]) -> dict[str, Any] | None:
    [text] = [file["content"] for file in mac["files"] if file["path"] == SETTINGS] or [None]
    return json.loads(text) if text else None


def _texts(value: Any) -> Iterable[str]:
    match value:
        case dict():
            for inner in value.values():
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case str():
            yield value
        case _:
            pass
