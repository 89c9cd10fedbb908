"""Apps of the sandbox's Okta, their policies, assignments and scopes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from lxml.etree import fromstring

from sandbox.tests.okta.okta_harness import ALICE, AWS_APP, BOB, DS, MD, OIDC_APP, Caller, aws_app, oidc_app


def test_an_app_must_be_inactive_before_it_is_deleted(call: Caller):
    path = f"/api/v1/apps/{call.app(AWS_APP)['id']}"
    assert call.refusal("DELETE", path)[:2] == (403, "E0000056")
    assert call("POST", f"{path}/lifecycle/deactivate") == {}
    assert call("GET", path)["status"] == "INACTIVE"
    call("DELETE", path, expect=204)
    assert call.refusal("GET", path)[:2] == (404, "E0000007")


def test_a_saml_app_is_answered_with_everything_the_plug_in_reads(call: Caller):
    app = call.app(AWS_APP)
    assert app["id"].startswith("0oa")
    assert app["visibility"]["hide"] == {"iOS": False, "web": False}
    assert app["credentials"]["userNameTemplate"]["type"] == "BUILT_IN"
    kid = app["credentials"]["signing"]["kid"]
    assert app["settings"]["app"]["appFilter"] == "okta"
    assert app["settings"]["app"]["webSSOAllowedClient"] is None
    assert app["settings"]["app"]["sessionDuration"] == 3600
    policies = call("GET", "/api/v1/policies?type=ACCESS_POLICY")
    [policy] = [policy for policy in policies if policy["system"]]  # one, or the official plug-in stops
    assert app["_links"]["accessPolicy"]["href"].endswith(policy["id"])
    assert call("GET", f"/api/v1/policies/{policy['id']}") == policy
    call("PUT", f"/api/v1/apps/{app['id']}/policies/{policy['id']}", expect=204)
    [key] = call("GET", f"/api/v1/apps/{app['id']}/credentials/keys")
    assert key["kid"] == kid
    assert all(key[date].endswith("Z") for date in ("created", "lastUpdated", "expiresAt"))
    assert app["_links"]["metadata"]["href"].endswith(f"/api/v1/apps/{app['id']}/sso/saml/metadata?kid={kid}")


def test_an_app_has_a_policy_of_its_own_that_a_change_of_the_app_leaves_alone(call: Caller):
    app, other = call.app(AWS_APP), call.app({**AWS_APP, "label": "another"})
    [policy] = [one for one in call("GET", "/api/v1/policies?type=ACCESS_POLICY") if not one["system"]]
    call("PUT", f"/api/v1/apps/{app['id']}/policies/{policy['id']}", expect=204)
    call("PUT", f"/api/v1/apps/{app['id']}", {**AWS_APP, "label": "renamed"})
    assert call("GET", f"/api/v1/apps/{app['id']}")["_links"]["accessPolicy"]["href"].endswith(policy["id"])
    assert not call("GET", f"/api/v1/apps/{other['id']}")["_links"]["accessPolicy"]["href"].endswith(policy["id"])
    call("PUT", f"/api/v1/apps/{app['id']}/policies/rstnone", expect=404)


def test_what_an_app_leaves_out_is_filled_in(call: Caller):
    bare = {"name": "amazon_aws", "label": "AWS", "signOnMode": "SAML_2_0"}
    for body in (bare, bare | {"visibility": None, "features": None, "settings": {"app": {"appFilter": None}}}):
        app = call.app(body)
        assert app["visibility"]["hide"] == {"iOS": False, "web": False}
        assert app["credentials"]["userNameTemplate"] == {"template": "${source.login}", "type": "BUILT_IN"}
        assert app["settings"]["app"]["appFilter"] == "okta"


def test_the_metadata_is_xml_with_one_certificate_and_both_bindings(call: Caller):
    app = call.app(AWS_APP)
    answer = call.raw("GET", urlsplit(app["_links"]["metadata"]["href"])._replace(scheme="", netloc="").geturl())
    assert answer.mimetype == "application/xml"
    assert len(answer.get_data()) > 1000
    document = fromstring(answer.get_data())
    assert document.get("entityID") == f"http://www.okta.com/exk{app['id'][3:]}"
    assert len(document.findall(f".//{DS}X509Certificate")) == 1
    assert [each.get("Binding", "").rpartition(":")[2] for each in document.iter(f"{MD}SingleSignOnService")] == [
        "HTTP-POST",
        "HTTP-Redirect",
    ]
    assert call.refusal("GET", f"/api/v1/apps/{app['id']}/sso/saml/metadata?kid=other")[0] == 404


def test_an_app_is_replaced_as_a_whole(call: Caller):
    app = call.app(AWS_APP)
    path = f"/api/v1/apps/{app['id']}"
    body = aws_app(sessionDuration=7200) | {"label": "Renamed", "status": "INACTIVE"}
    body["credentials"] = {**AWS_APP["credentials"], "signing": app["credentials"]["signing"]}
    changed = call("PUT", path, body)
    assert (changed["label"], changed["settings"]["app"]["sessionDuration"]) == ("Renamed", 7200)
    assert (changed["status"], changed["id"]) == ("ACTIVE", app["id"])
    assert "notes" not in changed["settings"]
    assert call.refusal("PUT", path, OIDC_APP)[:2] == (400, "E0000001")
    assert call.refusal("PUT", path, body | {"credentials": {"signing": {"kid": "other"}}})[0] == 400
    assert call("GET", "/api/v1/apps?q=rena") == [changed]


@pytest.mark.parametrize(
    "body",
    [
        {**AWS_APP, "name": "salesforce"},
        {**AWS_APP, "signOnMode": "OPENID_CONNECT"},
        {**AWS_APP, "label": ""},
        {**AWS_APP, "visibility": "all"},
        {**AWS_APP, "visibility": {"hide": []}},
        {**AWS_APP, "credentials": []},
        {**AWS_APP, "settings": []},
        aws_app(sessionDuration="3600"),
        aws_app(sessionDuration=600),
        aws_app(sessionDuration=43201),
        aws_app(sessionDuration=True),
        aws_app(useGroupMapping="true"),
        aws_app(groupfilter="x"),
        aws_app(groupFilter="(?{{role}}"),
        aws_app(groupFilter="(" * 500),
        aws_app(groupFilter="a" * 501),
        aws_app(roleValuePattern=["x"]),
    ],
)
def test_a_wrong_aws_app_is_refused(call: Caller, body: Any):
    assert call.refusal("POST", "/api/v1/apps", body)[:2] == (400, "E0000001")


@pytest.mark.parametrize(
    "body",
    [
        oidc_app(application_type="desktop"),
        oidc_app(grant_types=[]),
        oidc_app(grant_types=["device_code"]),
        oidc_app(redirect_uris=[]),
        oidc_app(redirect_uris=["/callback"]),
        oidc_app(redirect_uris=["http://[x"]),
        oidc_app(response_types=["token"]),
        oidc_app({"token_endpoint_auth_method": "password"}),
        oidc_app({"pkce_required": False}),
        oidc_app({"client_id": "short"}),
        oidc_app({"client_id": "x" * 101}),
        oidc_app({"client_id": "with space"}),
    ],
)
def test_a_wrong_oidc_app_is_refused(call: Caller, body: Any):
    assert call.refusal("POST", "/api/v1/apps", body)[:2] == (400, "E0000001")


def test_an_oidc_app_has_a_client_id_of_its_own_or_its_app_id(call: Caller):
    plain = call.app(OIDC_APP)
    assert plain["credentials"]["oauthClient"]["client_id"] == plain["id"]
    assert "client_secret" not in plain["credentials"]["oauthClient"]
    chosen = oidc_app({"client_id": "claude-code-pilot"})
    assert call.app(chosen)["credentials"]["oauthClient"]["client_id"] == "claude-code-pilot"
    assert call.refusal("POST", "/api/v1/apps", chosen)[1] == "E0000001"
    path = f"/api/v1/apps/{plain['id']}"
    assert call("PUT", path, OIDC_APP)["credentials"]["oauthClient"]["client_id"] == plain["id"]
    assert call.refusal("PUT", path, chosen)[0] == 400


def test_only_a_confidential_client_has_a_secret_and_keeps_it(call: Caller):
    body = oidc_app({"token_endpoint_auth_method": "client_secret_basic"}, application_type="web")
    app = call.app(body)
    secret = app["credentials"]["oauthClient"]["client_secret"]
    assert len(secret) >= 40
    assert call("PUT", f"/api/v1/apps/{app['id']}", body)["credentials"]["oauthClient"]["client_secret"] == secret


def test_id_token_settings_are_kept(call: Caller):
    path = f"/api/v1/internal/apps/{call.app(OIDC_APP)['id']}/settings/oauth/idToken"
    for mode in ("ORG_URL", "DYNAMIC"):
        call("POST", path, {"issuerMode": mode})
        assert call("GET", path) == {"issuerMode": mode}
    assert call.refusal("POST", path, {"issuerMode": "x"})[0] == 400


def test_an_app_is_assigned_to_groups_and_so_to_their_members(call: Caller):
    app, pilot, wave = call.app(AWS_APP)["id"], call.group("pilot"), call.group("wave")
    call.join(pilot, ALICE, BOB)
    call.join(wave, BOB)
    path = f"/api/v1/apps/{app}/groups"
    assert call("PUT", f"{path}/{pilot}", {})["profile"] == {}
    call("PUT", f"{path}/{wave}", {"id": wave, "priority": 3, "profile": {"role": "x"}})
    listed = [(each["id"], each["priority"], each["profile"]) for each in call("GET", f"{path}?limit=200")]
    assert listed == [(pilot, 0, {}), (wave, 3, {"role": "x"})]
    assert [each["credentials"]["userName"] for each in call("GET", f"/api/v1/apps/{app}/users")] == [ALICE, BOB]
    call("DELETE", f"{path}/{pilot}", expect=204)
    assert call.refusal("DELETE", f"{path}/{pilot}")[:2] == (404, "E0000007")
    assert call.refusal("GET", f"{path}/{pilot}")[:2] == (404, "E0000007")
    assert call.refusal("PUT", f"{path}/00gnone", {})[:2] == (404, "E0000007")
    assert call.refusal("PUT", f"{path}/{pilot}", {"profile": None})[:2] == (400, "E0000001")
    call("DELETE", f"/api/v1/groups/{wave}", expect=204)
    assert call("GET", path) == []


def test_scopes_are_granted_and_revoked(call: Caller):
    path = f"/api/v1/apps/{call.app(OIDC_APP)['id']}/grants"
    body = {"issuer": "https://acme.okta.com", "scopeId": "okta.users.read.self"}
    grant = call("POST", path, body, expect=201)
    assert grant["id"].startswith("oag")
    assert call("GET", path) == [grant]
    assert call.refusal("POST", path, {**body, "issuer": "https://elsewhere.example"})[0] == 400
    call("DELETE", f"{path}/{grant['id']}", expect=204)
    assert call.refusal("DELETE", f"{path}/{grant['id']}")[:2] == (404, "E0000007")
    assert call("GET", path) == []
