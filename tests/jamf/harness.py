"""The provider as the engine drives it, in process, against the sandbox's Jamf Pro."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pulumi.provider.experimental import provider as engine

from providers.jamf import tokens
from providers.jamf.provider import JamfProvider
from providers.jamf.values import plain_map, property_map
from sandbox.tests.jamf.jamf_harness import CLIENT, DOMAIN, Caller, new_app, with_faults

ALICE, GRACE, OWEN, PRIYA = (
    f"{name}@acme.example" for name in ("alice.chen", "grace.liu", "owen.murphy", "priya.raman")
)
SETTINGS: dict[str, Any] = {
    "permissions": {"deny": ["Read(//**/.env)", "Bash(a && b < c)"], "disableBypassPermissionsMode": "disable"},
    "availableModels": ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"],
    "env": {"CLAUDE_CODE_USE_BEDROCK": "1", "ANTHROPIC_API_KEY": ""},
    "companyAnnouncements": ['Two\nlines, "quoted" & <marked> — ja'],
}


def urn(token: str, name: str) -> str:
    return f"urn:pulumi:sandbox::claude-code-rollout::claude:rollout:MacSettings${token}::{name}"


@dataclass
class Held:
    """A resource as the engine's state has it."""

    token: str
    name: str
    id: str
    state: dict[str, Any]


class RefusedError(Exception):
    """Check found faults: property and reason."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in faults))
        self.faults = faults


@dataclass
class Engine:
    """`caller`: Jamf Pro as a person with a token sees it. `warnings`: what the provider told."""

    home: Path
    limits: Mapping[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.app = with_faults(new_app(self.home))
        self.caller = Caller(self.app)
        self.caller.sign_in()
        self.restart()

    def restart(self, transport: httpx.BaseTransport | None = None, **config: str) -> None:
        """A new process of the plug-in."""
        self.provider = JamfProvider(
            lambda _, text: self.warnings.append(text), transport or httpx.WSGITransport(app=self.app)
        )
        given = {"url": "https://jamf.example", "removal_seconds": "0.5", "settle_seconds": "0", **CLIENT}
        args = property_map({**given, **self.limits, **config})
        request = engine.ConfigureRequest({}, args, accept_secrets=True, accept_resources=True)
        asyncio.run(self.provider.configure(request))

    def checked(self, token: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = engine.CheckRequest(urn(token, name), {}, property_map(inputs), b"")
        answer = asyncio.run(self.provider.check(request))
        if answer.failures:
            raise RefusedError([(failure.property, failure.reason) for failure in answer.failures])
        return plain_map(answer.inputs or {})

    def create(self, token: str, name: str, inputs: Mapping[str, Any], *, preview: bool = False) -> Held:
        properties = property_map(self.checked(token, name, inputs))
        answer = asyncio.run(self.provider.create(engine.CreateRequest(urn(token, name), properties, 0, preview)))
        return Held(token, name, answer.resource_id or "", plain_map(answer.properties))

    def diff(self, held: Held, inputs: Mapping[str, Any]) -> set[str]:
        """Paths that an update would change."""
        news = property_map(self.checked(held.token, held.name, inputs))
        request = engine.DiffRequest(urn(held.token, held.name), held.id, property_map(held.state), news, [])
        answer = asyncio.run(self.provider.diff(request))
        assert answer.changes == bool(answer.detailed_diff)
        return set(answer.detailed_diff)

    def update(self, held: Held, inputs: Mapping[str, Any], *, preview: bool = False) -> Held:
        news = property_map(self.checked(held.token, held.name, inputs))
        olds = property_map(held.state)
        request = engine.UpdateRequest(urn(held.token, held.name), held.id, olds, news, 0, [], preview)
        answer = asyncio.run(self.provider.update(request))
        return Held(held.token, held.name, held.id, plain_map(answer.properties))

    def read(self, held: Held) -> Held | None:
        """A refresh; of an import where there is no state yet."""
        olds = property_map(held.state)
        request = engine.ReadRequest(urn(held.token, held.name), held.id, olds, {})
        answer = asyncio.run(self.provider.read(request))
        return (
            Held(held.token, held.name, answer.resource_id, plain_map(answer.properties))
            if answer.resource_id
            else None
        )

    def delete(self, held: Held) -> None:
        request = engine.DeleteRequest(urn(held.token, held.name), held.id, property_map(held.state), 0)
        asyncio.run(self.provider.delete(request))

    def fault(self, match: str, status: int = 504, times: int = 1, *, after: bool = True) -> None:
        body = {"match": match, "status": status, "times": times, "after": after}
        assert self.caller.raw("POST", "/sandbox/faults", body).is_success

    def calls(self, part: str = "") -> list[str]:
        found = self.caller.raw("GET", "/sandbox/calls").json()
        return [call["operation"] for call in found if part in call["operation"]]

    # What tests declare.

    def group(self, *emails: str, name: str = "Claude Code pilot", **inputs: Any) -> Held:
        return self.create(tokens.COMPUTER_GROUP, "pilot-macs", group_inputs(*emails, name=name, **inputs))

    def profile(self, group: Held, **inputs: Any) -> Held:
        return self.create(tokens.CONFIGURATION_PROFILE, "pilot-profile", profile_inputs(group, **inputs))

    def files(self, group: Held, **inputs: Any) -> Held:
        return self.create(tokens.MANAGED_FILES, "pilot-files", files_inputs(group, **inputs))

    def mac(self, email: str) -> dict[str, Any]:
        return self.caller.macs()[email]

    def order(self, email: str, **orders: Any) -> None:
        self.caller("PUT", f"/sandbox/macs/{self.mac(email)['serial']}", orders)

    def settings_of(self, email: str) -> list[Any]:
        return self.caller.settings_of(email)

    def file_of(self, email: str, path: str) -> Any:
        """Content of a JSON file on somebody's Mac; None where there is none."""
        found = [each for each in self.mac(email)["files"] if each["path"] == path]
        return json.loads(found[0]["content"]) if found else None


def group_inputs(*emails: str, name: str = "Claude Code pilot", **inputs: Any) -> dict[str, Any]:
    return {"name": name, "emails": list(emails), **inputs}


def profile_inputs(group: Held, **inputs: Any) -> dict[str, Any]:
    given = {"name": "Claude Code pilot", "organization": "acme", "domain": DOMAIN, "settings": SETTINGS}
    return {**given, "computer_group_ids": [group.id], **inputs}


def files_inputs(group: Held, **inputs: Any) -> dict[str, Any]:
    given = {"name": "Claude Code pilot", "event": "claude-code", "computer_group_id": group.id}
    return {**given, "computer_ids": group.state["computer_ids"], **inputs}
