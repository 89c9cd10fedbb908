"""What Jamf Pro has put on the Macs, for a person to read."""

from __future__ import annotations

import io
import json
import urllib.request
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox.errors import SandboxError

WIDTH = 140
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def table(jamf_url: str) -> str:
    """One line per Mac. SandboxError where no sandbox answers."""
    try:
        with _DIRECT.open(f"{jamf_url}/sandbox/macs", timeout=60) as answer:
            found = json.load(answer)
    except OSError as error:
        raise SandboxError(f"Sandbox does not answer at {jamf_url}: run `make up`") from error
    equipped = sum(1 for mac in found if mac["profiles"] or mac["files"])
    title = f"{len(found)} Macs, {equipped} with something from Jamf Pro"
    made = Table("serial", "person", "state", "profiles", "files", title=title, title_justify="left")
    for mac in found:
        made.add_row(
            mac["serial"], mac["email"], _state(mac), _lines(mac, "profiles", "name"), _lines(mac, "files", "path")
        )
    into = io.StringIO()
    Console(file=into, width=WIDTH).print(made)
    return into.getvalue().rstrip()


def _state(mac: dict[str, Any]) -> str:
    return ("online" if mac["online"] else "offline") + ("" if mac["managed"] else ", unmanaged")


def _lines(mac: dict[str, Any], what: str, key: str) -> str:
    return "\n".join(str(each[key]) for each in mac[what])
