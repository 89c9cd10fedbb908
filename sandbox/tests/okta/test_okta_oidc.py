"""Signing in to an app in a browser, by the code flow, as a real relying party does it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from werkzeug.test import TestResponse

from sandbox.okta.oidc import sealed
from sandbox.okta.oidc.sealed import Seal
from sandbox.tests.okta.okta_harness import ALICE, BOB, Caller, oidc_app, user_id

CALLBACK = "https://claude.acme.example/oauth/callback"
SCOPES = "openid profile email offline_access groups"
PREFIX = "aws_123456789012_claude-code-"


@dataclass
class Party:
    """A relying party with a secret, and the browser that is sent to and fro. `verifier`: of its challenge."""

    call: Caller
    app: dict[str, Any]
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def client_id(self) -> str:
        return self.app["credentials"]["oauthClient"]["client_id"]

    @property
    def basic(self) -> dict[str, str]:
        client = self.app["credentials"]["oauthClient"]
        pair = f"{client['client_id']}:{client['client_secret']}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def authorize(self, **changes: Any) -> TestResponse:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": SCOPES,
            "state": "s",
            "nonce": "n",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            **changes,
        }
        asked = {key: value for key, value in asked.items() if value is not None}
        return self.call.client.get("/oauth2/v1/authorize", query_string=asked)

    def signs_in(self, login: str, **changes: Any) -> dict[str, str]:
        """What comes back to the app, by way of Okta's page."""
        page = self.authorize(**changes)
        assert page.status_code == 302, page.get_data(as_text=True)
        assert urlsplit(page.location).path == "/login/login.htm"
        back = parse_qs(urlsplit(page.location).query)["fromURI"][0]
        done = self.call.client.post("/login/login.htm", data={"fromURI": back, "username": login})
        assert done.status_code == 302, done.get_data(as_text=True)
        return sent(self.call.client.get(done.location))

    def token(self, expect: int = 200, headers: dict[str, str] | None = None, /, **form: str) -> dict[str, Any]:
        answer = self.call.client.post(
            "/oauth2/v1/token", data=form, headers=self.basic if headers is None else headers
        )
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json()

    def exchanged(self, code: str, expect: int = 200, **changes: str) -> dict[str, Any]:
        form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": self.verifier, **changes}
        return self.token(expect, grant_type="authorization_code", **form)

    def refreshed(self, token: str, expect: int = 200) -> dict[str, Any]:
        return self.token(expect, grant_type="refresh_token", refresh_token=token)

    def userinfo(self, token: str, expect: int = 200) -> dict[str, Any]:
        answer = self.call.client.get("/oauth2/v1/userinfo", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json()

    def claims(self, id_token: str) -> dict[str, Any]:
        keys = KeySet.import_key_set(self.call.client.get("/oauth2/v1/keys").get_json())
        return dict(jwt.decode(id_token, keys, algorithms=["RS256"]).claims)


def sent(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert answer.location.startswith(CALLBACK)
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.location).query).items()}


def assigned(call: Caller, app: dict[str, Any], *logins: str) -> str:
    group = call.group(f"{PREFIX}pilot")
    call.join(group, *logins)
    call("PUT", f"/api/v1/apps/{app['id']}/groups/{group}", {"id": group, "profile": {}})
    return group


def groups_claim(call: Caller, app: dict[str, Any]) -> None:
    """As somebody sets it in Okta's console."""
    body = {"issuerMode": "ORG_URL", "valueType": "GROUPS", "groupFilterType": "STARTS_WITH", "name": "groups"}
    call("POST", f"/api/v1/internal/apps/{app['id']}/settings/oauth/idToken", {**body, "value": PREFIX})


@pytest.fixture
def party(call: Caller) -> Party:
    """Alice is in its group."""
    app = call.app(
        oidc_app(
            {"token_endpoint_auth_method": "client_secret_basic", "pkce_required": True},
            application_type="web",
            grant_types=["authorization_code", "refresh_token"],
            redirect_uris=[CALLBACK],
        )
    )
    assigned(call, app, ALICE)
    groups_claim(call, app)
    return Party(call, app)


def test_a_person_signs_in_and_the_app_hears_their_groups_from_userinfo_alone(party: Party):
    party.call.join(party.call.group("Everyone-in-backend"), ALICE)
    back = party.signs_in(ALICE)
    assert back["state"] == "s"
    tokens = party.exchanged(back["code"])
    said = party.claims(tokens["id_token"])
    assert (said["sub"], said["aud"], said["nonce"]) == (user_id(ALICE), party.client_id, "n")
    assert said["preferred_username"] == ALICE
    assert not {"email", "groups"} & set(said)
    known = party.userinfo(tokens["access_token"])
    assert (known["sub"], known["email"], known["groups"]) == (said["sub"], ALICE, [f"{PREFIX}pilot"])


def test_no_group_is_told_where_nobody_has_set_the_claim(call: Caller, party: Party):
    url = f"/api/v1/internal/apps/{party.app['id']}/settings/oauth/idToken"
    claim = call("GET", url)
    call("POST", url, {**claim, "value": ""})
    assert "groups" not in party.userinfo(party.exchanged(party.signs_in(ALICE)["code"])["access_token"])


def test_the_provider_leaves_a_claim_that_was_set_by_hand(call: Caller, party: Party):
    url = f"/api/v1/internal/apps/{party.app['id']}/settings/oauth/idToken"
    call("POST", url, {"issuerMode": "ORG_URL"})
    assert call("GET", url)["value"] == PREFIX


def test_a_code_is_good_once_for_its_app_its_address_and_its_verifier(party: Party):
    code = party.signs_in(ALICE)["code"]
    assert party.exchanged(code, 400, code_verifier="x" * 43)["error"] == "invalid_grant"
    assert party.exchanged(code, 400, redirect_uri=f"{CALLBACK}/")["error"] == "invalid_grant"
    party.exchanged(code)
    assert party.exchanged(code, 400)["error"] == "invalid_grant"


def test_a_code_is_too_old_after_five_minutes(party: Party, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sealed.SECONDS, Seal.CODE, 0)
    assert party.exchanged(party.signs_in(ALICE)["code"], 400)["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"state": None}, "invalid_request"),
        ({"scope": "openid everything"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_a_wrong_request_goes_back_with_its_error(party: Party, changes: dict[str, Any], error: str):
    assert sent(party.authorize(**changes))["error"] == error


@pytest.mark.parametrize("changes", [{"redirect_uri": "https://elsewhere.example/"}, {"client_id": "nobody"}])
def test_a_request_that_is_not_believed_goes_nowhere(party: Party, changes: dict[str, Any]):
    answer = party.authorize(**changes)
    assert (answer.status_code, answer.location) == (400, None)


def test_nobody_signs_in_who_is_in_no_group_of_the_app(party: Party):
    assert party.signs_in(BOB)["error"] == "access_denied"


def test_a_session_of_the_browser_asks_for_no_name_again(party: Party):
    party.signs_in(ALICE)
    assert "code" in sent(party.authorize())
    assert party.authorize(max_age="0", prompt="none").location.startswith(CALLBACK)


@pytest.mark.parametrize("where", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_the_sign_in_page_leads_nowhere_else(party: Party, where: str):
    answer = party.call.client.post("/login/login.htm", data={"fromURI": where, "username": ALICE})
    assert answer.status_code == 400


def test_the_app_proves_itself_by_its_own_method(party: Party):
    code = party.signs_in(ALICE)["code"]
    client = party.app["credentials"]["oauthClient"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    in_the_body = {"client_id": client["client_id"], "client_secret": client["client_secret"]}
    assert party.token(401, {}, **form, **in_the_body)["error"] == "invalid_client"
    assert party.token(401, {}, **form, client_id=client["client_id"])["error"] == "invalid_client"
    wrong = base64.b64encode(f"{client['client_id']}:wrong-secret-of-some-length".encode()).decode()
    assert party.token(401, {"Authorization": f"Basic {wrong}"}, **form)["error"] == "invalid_client"


def test_who_leaves_the_group_is_refused_at_the_next_refresh_and_at_once_by_userinfo(call: Caller, party: Party):
    tokens = party.exchanged(party.signs_in(ALICE)["code"])
    again = party.refreshed(tokens["refresh_token"])
    assert party.claims(again["id_token"])["sub"] == user_id(ALICE)
    group = call("GET", f"/api/v1/groups?q={PREFIX}pilot")[0]["id"]
    call("DELETE", f"/api/v1/groups/{group}/users/{user_id(ALICE)}", expect=204)
    assert party.refreshed(tokens["refresh_token"], 400)["error"] == "invalid_grant"
    assert party.userinfo(again["access_token"], 401)["error"] == "invalid_token"


def test_a_revoked_token_is_good_for_nothing(party: Party):
    tokens = party.exchanged(party.signs_in(ALICE)["code"])
    for name in ("access_token", "refresh_token"):
        answer = party.call.client.post("/oauth2/v1/revoke", data={"token": tokens[name]}, headers=party.basic)
        assert answer.status_code == 200
    party.userinfo(tokens["access_token"], 401)
    party.refreshed(tokens["refresh_token"], 400)


def test_a_token_of_one_kind_is_not_one_of_another(party: Party):
    tokens = party.exchanged(party.signs_in(ALICE)["code"])
    party.userinfo(tokens["refresh_token"], 401)
    party.userinfo(tokens["id_token"], 401)
    party.refreshed(tokens["access_token"], 400)


def test_discovery_names_what_there_is(call: Caller):
    found = call.client.get("/.well-known/openid-configuration").get_json()
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "revocation_endpoint"):
        path = urlsplit(found[name]).path
        assert call.client.open(path, method="GET").status_code not in {401, 404} or name == "userinfo_endpoint", name
