"""What Jamf Pro has put on the Macs, for a person to read."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from sandbox.shown import asked, printed


def table(jamf_url: str) -> str:
    """One line per Mac. SandboxError where no sandbox answers."""
    found = asked(jamf_url, "/sandbox/macs")
    equipped = sum(1 for mac in found if mac["profiles"] or mac["files"])
    title = f"{len(found)} Macs, {equipped} with something from Jamf Pro"
    made = Table("serial", "person", "state", "profiles", "files", title=title, title_justify="left")
    for mac in found:
        has = (_lines(mac, "profiles", "name"), _lines(mac, "files", "path"))
        made.add_row(mac["serial"], mac["email"], _state(mac), *has)
    return printed(made)


def _state(mac: dict[str, Any]) -> str:
    return ("online" if mac["online"] else "offline") + ("" if mac["managed"] else ", unmanaged")


def _lines(mac: dict[str, Any], what: str, key: str) -> str:
    return "\n".join(str(each[key]) for each in mac[what])
