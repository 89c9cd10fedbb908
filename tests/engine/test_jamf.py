"""The Jamf Pro plug-in under the real engine: made, changed, found changed, taken over, taken away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.jamf.payloads import encoded, profile
from rollout.macs.places import DOMAIN
from sandbox.settings import JAMF_CLIENT_ID, JAMF_CLIENT_SECRET
from tests.engine.world import World, again, running

PROGRAM = Path(__file__).parent / "programs" / "jamf.py"
ALICE, GRACE, PRIYA = (f"{name}@acme.example" for name in ("alice.chen", "grace.liu", "priya.raman"))
FOLDER = "/Library/Application Support/ClaudeCode"
CLASSIC = "/JSSResource/osxconfigurationprofiles"


class Macs:
    """A stack of the program above, and the Macs it is about."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.declared: dict[str, Any] = {
            "channel": "profile",
            "jamf": {},
            "removal_seconds": 20,
            "people": {"pilot": [ALICE, GRACE]},
            "documents": {"pilot": {"permissions": {"deny": ["Read(//**/.env)"]}}},
        }
        world.pulumi("config", "set", "--stack", "sandbox", "--secret", "macs:secret", JAMF_CLIENT_SECRET)

    def declare(self, **parts: Any) -> None:
        self.declared |= parts
        self.world.pulumi("config", "set", "--stack", "sandbox", "macs:declared", json.dumps(self.declared))

    def up(self, **parts: Any) -> str:
        self.declare(**parts)
        return self.world.up()

    def mac(self, email: str) -> dict[str, Any]:
        [found] = [mac for mac in self.world.jamf_control("/sandbox/macs") if mac["email"] == email]
        return found

    def order(self, email: str, **orders: Any) -> None:
        self.world.jamf_control(f"/sandbox/macs/{self.mac(email)['serial']}", "PUT", orders)

    def settings(self, email: str) -> list[Any]:
        return [profile["settings"] for profile in self.mac(email)["profiles"]]

    def file(self, email: str, name: str) -> str | None:
        found = [each["content"] for each in self.mac(email)["files"] if each["path"] == f"{FOLDER}/{name}"]
        return found[0] if found else None

    def classic(self, method: str, path: str, body: str) -> str:
        """An administrator's call, with a token."""
        url = self.world.settings.jamf_url
        form = {"grant_type": "client_credentials", "client_id": JAMF_CLIENT_ID, "client_secret": JAMF_CLIENT_SECRET}
        with httpx.Client(base_url=url, trust_env=False) as http:
            token = http.post("/api/v1/oauth/token", data=form).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/xml"}
            return http.request(method, path, content=body, headers=headers).raise_for_status().text

    def scope_by_hand(self, profile: int, scope: str) -> None:
        body = f"<os_x_configuration_profile><scope>{scope}</scope></os_x_configuration_profile>"
        self.classic("PUT", f"{CLASSIC}/id/{profile}", body)

    def refreshed(self) -> str:
        return self.world.pulumi("refresh", "--stack", "sandbox", "--yes", "--skip-preview")

    def plan(self) -> dict[str, str]:
        """Operations by type, of what is Jamf's."""
        return {
            urn.split("::")[2].split("$")[-1]: operation
            for urn, operation in self.world.plan().items()
            if "jamf:index:" in urn
        }


@pytest.fixture
def macs(fresh: World, tmp_path: Path) -> Generator[Macs]:
    world = again(fresh, tmp_path / "world")
    shutil.copy2(PROGRAM, world.folder / "__main__.py")
    with running(world):
        yield Macs(world)


def expected(macs: Macs, document: str = "pilot") -> dict[str, Any]:
    [arn] = [resource["outputs"]["arn"] for resource in macs.world.state() if resource["type"] == "aws:sns/topic:Topic"]
    return {**macs.declared["documents"][document], "availableModels": [arn]}


def test_a_profiles_life(macs: Macs) -> None:
    macs.declare()
    assert set(macs.plan().values()) == {"create"}, "a preview before anything is there, ARNs unknown"
    macs.world.up()
    assert macs.settings(ALICE) == macs.settings(GRACE) == [expected(macs)]
    assert (macs.file(ALICE, "aws-config") or "").startswith("[profile claude-code]\n# arn:aws:sns:")
    assert macs.file(ALICE, "managed-settings.json") is None, "one source of settings on a Mac"
    assert macs.plan() == {}
    refreshed = macs.world.pulumi("refresh", "--stack", "sandbox", "--yes", "--expect-no-changes", "--skip-preview")
    assert "unchanged" in refreshed
    exported = json.dumps(macs.world.state())
    assert JAMF_CLIENT_SECRET not in exported + refreshed

    # Another document reaches the Macs; the same profile, none beside it.
    macs.up(documents={"pilot": {"permissions": {"deny": ["Bash(git push:*)"]}}})
    assert macs.settings(ALICE) == [expected(macs)]

    # Somebody leaves: the profile goes, and the files with the policy that removes.
    macs.up(people={"pilot": [ALICE]})
    assert (macs.settings(GRACE), macs.mac(GRACE)["files"]) == ([], [])
    assert macs.settings(ALICE) == [expected(macs)]

    # A change by hand is found by a refresh and taken back by the next update.
    [profile] = macs.mac(ALICE)["profiles"]
    macs.scope_by_hand(profile["id"], "<all_computers>true</all_computers>")
    assert macs.settings(GRACE) == [expected(macs)]
    macs.refreshed()
    assert macs.plan() == {"jamf:index:ConfigurationProfile": "update"}
    macs.world.up()
    assert macs.settings(GRACE) == []
    assert macs.settings(ALICE) == [expected(macs)]

    # Rolled back: nothing is declared, so all of it is removed and then deleted.
    removed = macs.up(documents={})
    assert "warning" not in removed
    assert (macs.settings(ALICE), macs.mac(ALICE)["files"]) == ([], [])
    assert [resource["type"] for resource in macs.world.state() if "jamf:index" in resource["type"]] == []


def test_a_files_life_with_a_mac_that_is_away(macs: Macs) -> None:
    macs.declare(channel="file", removal_seconds=1, people={"pilot": [ALICE, GRACE, PRIYA]})
    refused = macs.world.pulumi("preview", "--stack", "sandbox", fails=True)
    assert f"no managed Mac in inventory for {PRIYA}; assign one, or set jamf.no_mac: warn" in refused

    warned = macs.up(jamf={"no_mac": "warn"})
    assert f"warning: no managed Mac in inventory, so no settings for {PRIYA}" in warned
    for person in (ALICE, GRACE):
        assert json.loads(macs.file(person, "managed-settings.json") or "") == expected(macs)
        assert macs.settings(person) == []
    assert macs.plan() == {}

    # Another document, while one Mac is away: nobody waits for it.
    macs.order(GRACE, online=False)
    macs.up(documents={"pilot": {"model": "haiku"}})
    assert json.loads(macs.file(ALICE, "managed-settings.json") or "") == expected(macs)
    macs.refreshed()
    [confirmed] = macs.world.output("confirmed").values()
    assert confirmed == {macs.mac(ALICE)["name"]: "completed", macs.mac(GRACE)["name"]: "completed"}

    # A profile made by hand is taken over, settings and scope.
    payload = encoded(profile("By hand", "acme", DOMAIN, {"model": "haiku"}, ("x", "x")))
    general = f"<general><name>By hand</name><payloads>{payload}</payloads></general>"
    made = macs.classic(
        "POST", f"{CLASSIC}/id/0", f"<os_x_configuration_profile>{general}</os_x_configuration_profile>"
    )
    macs.up(adopted=made.split("<id>")[1].split("</id>")[0])
    assert macs.plan() == {}

    # Rolled back: what is away is named, nothing fails, and it is done once the Mac is there.
    del macs.declared["adopted"]
    removed = macs.up(documents={})
    assert f"is not confirmed by {macs.mac(GRACE)['name']}; its policy" in removed
    assert macs.mac(ALICE)["files"] == []
    assert [resource["type"] for resource in macs.world.state() if "jamf:index" in resource["type"]] == []
    macs.order(GRACE, online=True)
    assert macs.mac(GRACE)["files"] == []
