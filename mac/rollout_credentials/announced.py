"""What the managed settings on this machine announce: the level's sentence, with the incident's id."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, cast

from rollout_credentials.config import FOLDER

PROFILE = "/Library/Managed Preferences/com.anthropic.claudecode.plist"
MAX_BYTES = 4_000_000


def sentence() -> str | None:
    """None where nothing is announced, or cannot be read."""
    for path in (PROFILE, os.path.join(FOLDER, "managed-settings.json")):
        try:
            with open(path, "rb") as file:
                content = file.read(MAX_BYTES)
            settings = cast("dict[str, Any]", _read(path, content))
            for line in settings["companyAnnouncements"]:
                return " ".join(str(line).split())[:300]
        except Exception:  # noqa: S112 - whatever it is, the refusal is said without it
            continue
    return None


def _read(path: str, content: bytes) -> Any:
    if path.endswith(".plist"):
        if sys.platform != "darwin":
            return {}
        import plistlib

        return plistlib.loads(content)
    return json.loads(content)
