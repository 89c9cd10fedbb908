"""The sandbox's Jamf Pro in process, and the documents that its tests send."""

from __future__ import annotations

import plistlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import httpx
from lxml.etree import fromstring

from sandbox.control import Control
from sandbox.dialects import JamfDialect
from sandbox.jamf.app import create_app

CLIENT = {"client_id": "a-client", "client_secret": "a-secret"}
PROFILES = "/JSSResource/osxconfigurationprofiles"
GROUPS = "/api/v3/computer-groups/static-groups"
DOMAIN = "com.anthropic.claudecode"
MCX = "com.apple.ManagedClient.preferences"
SETTINGS: dict[str, Any] = {"permissions": {"deny": ["Read(./.env)", "Bash(a && b < c)"]}}


class Caller:
    """One client: a cookie jar and, once it has signed in, a token."""

    def __init__(self, app: Any) -> None:
        self.http = httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://jamf.example")

    def sign_in(self, **changes: str) -> httpx.Response:
        form = {"grant_type": "client_credentials", **CLIENT, **changes}
        answer = self.http.post("/api/v1/oauth/token", data=form)
        if answer.status_code == 200:
            self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def __call__(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        """The answer's JSON, or its XML parsed, or None."""
        answer = self.raw(method, path, body)
        assert answer.status_code == expect, answer.text
        if not answer.content:
            return None
        return answer.json() if answer.headers["Content-Type"].startswith("application/json") else xml(answer)

    def raw(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        if isinstance(body, str):
            headers = {"Content-Type": "application/xml", **headers}
            return self.http.request(method, path, content=body.encode(), headers=headers)
        return self.http.request(method, path, json=body, headers=headers)

    def set(self, **settings: Any) -> None:
        self("PUT", "/sandbox/jamf", settings)

    def macs(self) -> dict[str, dict[str, Any]]:
        """By e-mail address; of several, the last."""
        return {mac["email"]: mac for mac in self("GET", "/sandbox/macs")}

    def group(self, name: str, *people: str) -> str:
        macs = self.macs()
        members = [str(macs[person]["id"]) for person in people]
        return self("POST", GROUPS, {"name": name, "assignments": members}, expect=201)["id"]

    def profile(self, name: str = "Claude Code", *, scope: str = "", settings: dict[str, Any] = SETTINGS) -> str:
        answer = self("POST", f"{PROFILES}/id/0", document(mobileconfig(settings), name=name, scope=scope), expect=201)
        return answer.findtext("id")

    def stored(self, profile: str) -> dict[str, Any]:
        """The property list as GET gives it back."""
        shown = self("GET", f"{PROFILES}/id/{profile}")
        return plistlib.loads(shown.findtext("general/payloads").encode())

    def settings_of(self, person: str) -> list[Any]:
        """What the person's Mac has of our domain, one for each profile."""
        return [profile["settings"] for profile in self.macs()[person]["profiles"]]

    def commands(self, wanted: str) -> list[dict[str, Any]]:
        return self("GET", f"/api/v2/mdm/commands?page-size=2000&filter={quote(wanted)}")["results"]


def new_app(home: Path) -> Any:
    return create_app(home, **CLIENT)


def with_faults(app: Any) -> Control:
    return Control(app, name="jamf", names=["jamf"], dialect=JamfDialect())


def xml(answer: httpx.Response) -> Any:
    """Jamf's error pages are no XML; they come back as text."""
    return answer.text if answer.text.startswith("<html") else fromstring(answer.content)


def mobileconfig(settings: dict[str, Any], **top: Any) -> dict[str, Any]:
    entry = {
        "PayloadType": MCX,
        "PayloadUUID": "4C2C6E0F-0B8E-4B8C-9C43-0C55C1F0A001",
        "PayloadIdentifier": "example.acme.claude.settings",
        "PayloadVersion": 1,
        "PayloadDisplayName": "Ours",
        "PayloadContent": {DOMAIN: {"Forced": [{"mcx_preference_settings": settings}]}},
    }
    return {
        "PayloadType": "Configuration",
        "PayloadScope": "System",
        "PayloadVersion": 1,
        "PayloadUUID": "4C2C6E0F-0B8E-4B8C-9C43-0C55C1F0A000",
        "PayloadIdentifier": "example.acme.claude",
        "PayloadDisplayName": "Ours",
        "PayloadOrganization": "Acme",
        "PayloadContent": [entry],
        **top,
    }


def compact(config: dict[str, Any]) -> str:
    return re.sub(r"(?<=>)\s+(?=<)", "", plistlib.dumps(config).decode())


def encoded(config: dict[str, Any]) -> str:
    """As Jamf wants it: compact, and escaped once more than XML asks for."""
    return f"<![CDATA[{compact(config).replace('&', '&amp;')}]]>"


def document(config: dict[str, Any] | None, *, name: str = "Claude Code", scope: str = "", general: str = "") -> str:
    payloads = f"<payloads>{encoded(config)}</payloads>" if config else ""
    names = f"<name>{escape(name)}</name>" if name else ""
    inner = f"<general>{names}{general}{payloads}</general>" if names or general or payloads else ""
    outer = f"<scope>{scope}</scope>" if scope else ""
    return f"<os_x_configuration_profile>{inner}{outer}</os_x_configuration_profile>"


def to_group(identifier: str) -> str:
    return f"<computer_groups><computer_group><id>{identifier}</id></computer_group></computer_groups>"
