"""Signing in on a machine that has no browser: by a code that is typed into one."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.okta.oidc import device
from sandbox.tests.okta.okta_harness import ALICE, Caller, oidc_app
from sandbox.tests.okta.test_okta_oidc import Party, assigned, groups_claim

SCOPE = {"scope": "openid profile email groups"}


@pytest.fixture
def native(call: Caller) -> Party:
    """Of people's own machines, which keep no secret; Alice is in its group."""
    app = call.app(oidc_app(grant_types=["authorization_code", device.GRANT]))
    assigned(call, app, ALICE)
    groups_claim(call, app)
    return Party(call, app)


def begun(party: Party) -> dict[str, Any]:
    form = {"client_id": party.client_id, **SCOPE}
    return party.call.client.post("/oauth2/v1/device/authorize", data=form).get_json()


def polled(party: Party, code: str, expect: int = 400) -> dict[str, Any]:
    return party.token(expect, {}, grant_type=device.GRANT, device_code=code, client_id=party.client_id)


def typed(party: Party, code: str, decision: str = "allow", login: str = ALICE) -> int:
    client = party.call.client
    client.post("/login/login.htm", data={"fromURI": "/activate", "username": login})
    return client.post("/activate", data={"user_code": code, "decision": decision}).status_code


def test_the_machine_gets_tokens_once_the_code_was_typed(native: Party):
    found = begun(native)
    assert polled(native, found["device_code"])["error"] == "authorization_pending"
    assert polled(native, found["device_code"])["error"] == "slow_down"
    assert native.call.client.get("/activate").location.startswith("/login/")
    assert typed(native, found["user_code"].lower()) == 200
    tokens = polled(native, found["device_code"], 200)
    assert native.userinfo(tokens["access_token"])["groups"]
    assert "groups" not in native.claims(tokens["id_token"])
    assert polled(native, found["device_code"])["error"] == "invalid_grant"


def test_a_code_that_was_denied_or_is_not_for_this_person_gives_nothing(native: Party):
    found = begun(native)
    typed(native, found["user_code"], "deny")
    assert polled(native, found["device_code"])["error"] == "access_denied"
    other = begun(native)
    typed(native, other["user_code"], login="bob.kim@acme.example")
    assert polled(native, other["device_code"])["error"] == "access_denied"


def test_a_code_ends(native: Party, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(device, "SECONDS", -1)
    found = begun(native)
    assert typed(native, found["user_code"]) == 400
    assert polled(native, found["device_code"])["error"] == "expired_token"


def test_a_secret_is_not_taken_from_who_has_none(native: Party):
    form = {"grant_type": device.GRANT, "device_code": "x", "client_id": native.client_id, "client_secret": "x"}
    assert native.token(401, {}, **form)["error"] == "invalid_client"
