"""Windows' registry, as far as Claude Code reads it."""

from __future__ import annotations

import sys

from rollout.macs.places import POLICY_KEY, POLICY_VALUE


def policy() -> str | None:
    """The machine's own managed settings; None where there are none, and on any other system."""
    if sys.platform != "win32":
        return None
    import winreg

    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, POLICY_KEY.partition("\\")[2]) as key:
            return str(winreg.QueryValueEx(key, POLICY_VALUE)[0])
    except OSError:
        return None
