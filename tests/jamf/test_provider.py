"""The provider as a whole: its configuration, what it is asked for and does not have, and being told to stop."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import httpx
import pytest
from pulumi.provider.experimental import provider as engine_api

from providers.jamf import inventory, serve
from providers.jamf.errors import JamfError
from providers.jamf.provider import JamfProvider
from providers.jamf.values import UNKNOWN, property_map
from tests.jamf.harness import ALICE, Engine, group_inputs, profile_inputs
from tests.jamf.test_client import Server, client

GIVEN = {"url": "https://jamf.example", "client_id": "an-id", "client_secret": "a-secret"}


def configure(provider: JamfProvider, **given: Any) -> None:
    request = engine_api.ConfigureRequest({}, property_map(given), accept_secrets=True, accept_resources=True)
    asyncio.run(provider.configure(request))


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> JamfProvider:
    for name in ("JAMF_URL", "JAMF_CLIENT_ID", "JAMF_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    return JamfProvider(lambda *_: None)


def test_what_is_missing_is_named(bare: JamfProvider) -> None:
    with pytest.raises(JamfError, match="client_id, client_secret: missing; set `jamf` in the stack file"):
        configure(bare, url="https://jamf.example")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"removal_seconds": "soon"}, "removal_seconds: must be from 0 to 7200 seconds: soon"),
        ({"settle_seconds": "9000"}, "settle_seconds: must be from 0 to 7200 seconds: 9000"),
        ({"unconfirmed": "ignore"}, "unconfirmed: must be leave or refuse: ignore"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_is_done(
    bare: JamfProvider, given: dict[str, str], fault: str
) -> None:
    request = engine_api.CheckRequest(
        "urn:pulumi:s::p::pulumi:providers:jamf::jamf", {}, property_map({**GIVEN, **given}), b""
    )
    answer = asyncio.run(bare.check_config(request))
    assert [failure.reason for failure in answer.failures or []] == [fault]


def test_an_address_that_a_preview_does_not_know_is_never_called(bare: JamfProvider) -> None:
    configure(bare, **{**GIVEN, "url": UNKNOWN})
    inputs = property_map({**group_inputs(ALICE), "several_macs": "refuse", "no_mac": "refuse", "description": ""})
    request = engine_api.CreateRequest("urn:pulumi:s::p::jamf:index:ComputerGroup::g", inputs, 0, preview=True)
    answer = asyncio.run(bare.create(request))
    assert answer.properties["computer_ids"].value == UNKNOWN


def test_an_unknown_type_is_told_with_those_there_are(engine: Engine) -> None:
    with pytest.raises(
        JamfError, match="no such resource type: jamf:index:Printer; allowed: jamf:index:ComputerGroup, "
    ):
        engine.create("jamf:index:Printer", "p", {})


def test_being_told_to_stop_ends_the_wait_for_macs(engine: Engine) -> None:
    profile = engine.profile(engine.group(ALICE))
    engine.order(ALICE, online=False)
    engine.restart(removal_seconds="600")
    provider = engine.provider

    def stop() -> None:
        while not [call for call in engine.calls("/JSSResource/osxconfigurationprofiles") if call.startswith("PUT")]:
            time.sleep(0.05)
        asyncio.run(provider.cancel())

    stopper = threading.Thread(target=stop)
    stopper.start()
    with pytest.raises(JamfError, match="cancelled while waiting for Jamf Pro"):
        engine.delete(profile)
    stopper.join()


def test_an_ignored_change_is_none(engine: Engine) -> None:
    group = engine.group(ALICE)
    profile = engine.profile(group)
    news = property_map(engine.checked(profile.token, "p", profile_inputs(group, settings={"model": "haiku"})))
    urn = f"urn:pulumi:s::p::{profile.token}::p"
    request = engine_api.DiffRequest(urn, profile.id, property_map(profile.state), news, ["settings"])
    assert asyncio.run(engine.provider.diff(request)).changes is False


def test_commands_about_another_profile_do_not_count_though_the_filter_lets_them_through() -> None:
    def command(profile_id: str, state: str, sent: str) -> dict[str, Any]:
        mac = {"managementId": "a-mac"}
        return {
            "client": mac,
            "profileId": profile_id,
            "commandType": "INSTALL_PROFILE",
            "commandState": state,
            "dateSent": sent,
        }

    results = [command("7", "PENDING", "1"), command("8", "ERROR", "3"), command("7", "ACKNOWLEDGED", "2")]
    server = Server(httpx.Response(200, json={"totalCount": 3, "results": results}))
    assert inventory.newest_commands(client(server), "7") == {"a-mac": ("INSTALL_PROFILE", "ACKNOWLEDGED")}


def test_two_threads_never_write_at_once() -> None:
    within, most = 0, 0

    def slow(request: httpx.Request) -> httpx.Response:
        nonlocal within, most
        if request.url.path.endswith("/oauth/token"):
            return httpx.Response(200, json={"access_token": "x", "expires_in": 599})
        within += 1
        most = max(most, within)
        time.sleep(0.05)
        within -= 1
        return httpx.Response(200, json={})

    caller = client(slow)
    threads = [threading.Thread(target=caller.post_json, args=("/x", {})) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (JamfError("a line"), "a line"),
        (KeyError("general"), "Jamf Pro's answer has another form than is known here: KeyError: 'general' "),
    ],
)
def test_the_engine_is_told_in_one_line(error: Exception, told: str) -> None:
    class Call:
        said = ""

        async def abort(self, _: Any, text: str) -> None:
            self.said = text

    async def failing() -> None:
        raise error

    call = Call()
    asyncio.run(serve._said(failing(), call))
    assert call.said.startswith(told)
    assert "\n" not in call.said
