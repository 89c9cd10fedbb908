"""The level that a machine's managed settings bring about, told from what they say."""

from __future__ import annotations

from rollout.levels import Level
from rollout.macs.additions import ADDITIONS
from rollout.macs.untyped import Document, list_of, map_of

# How the row's sentence begins, which names the level.
_THROTTLED = ADDITIONS[Level.THROTTLED].says.partition("(")[0]


def level_in(document: Document) -> Level:
    """By what binds, where something does: the stop, the modes. At `throttled` a machine only says so."""
    if _stops(document):
        return Level.SUSPENDED
    if any(str(text).startswith(_THROTTLED) for text in list_of(document, "companyAnnouncements")):
        return Level.THROTTLED
    if map_of(document, "permissions").get("disableBypassPermissionsMode") == "disable":
        return Level.RESTRICTED
    return Level.ACTIVE


def _stops(document: Document) -> bool:
    commands = [
        str(map_of({"": each}, "").get("command"))
        for hook in list_of(map_of(document, "hooks"), "UserPromptSubmit")
        for each in list_of(map_of({"": hook}, ""), "hooks")
    ]
    return any('"continue": false' in command for command in commands)
