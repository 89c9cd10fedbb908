"""Apps, assignments and scopes by the Okta plug-in."""

from __future__ import annotations

import json

import grpc
import pytest

from sandbox.tests.okta_fake import CERTIFICATE, METADATA
from sandbox.tests.plugins.okta.okta_plugin_harness import (
    APP,
    ASSIGNMENT,
    ASSIGNMENTS,
    NATIVE,
    OAUTH,
    SAML,
    SCOPES,
    SETTINGS,
)
from sandbox.tests.plugins.plugin_harness import Refused, kinds, said


def test_a_saml_app_makes_the_measured_requests(okta, engine):
    app = engine.create(SAML, "aws", APP)
    engine.update(app, APP | {"label": "AWS 2"})
    engine.delete(app)

    path = f"/api/v1/apps/{app.id}"
    read = [f"GET {path}", f"GET {path}/sso/saml/metadata", f"GET {path}/credentials/keys"]
    policy = f"PUT {path}/policies/rstA"
    created = ["POST /api/v1/apps", "GET /.well-known/okta-organization", "GET /api/v1/policies", policy]
    deleted = [f"POST {path}/lifecycle/deactivate", f"DELETE {path}"]
    assert okta.requests == [*created, *read, f"PUT {path}", policy, *read, *deleted]


def test_a_saml_app_shows_what_aws_needs(engine):
    app = engine.create(SAML, "aws", APP)

    shown = {name: app.outputs[name] for name in ("metadata", "entityUrl", "certificate", "httpPostBinding", "keyId")}
    assert shown == {
        "metadata": METADATA,
        "entityUrl": "http://www.okta.com/exkA",
        "certificate": CERTIFICATE,
        "httpPostBinding": "https://acme/post",
        "keyId": "K1",
    }
    assert app.outputs["metadataUrl"] == "https://acme/md"
    assert app.outputs["authenticationPolicy"] == "rstA"


def test_skipping_the_policy_skips_its_requests(okta, engine):
    engine.create(SAML, "aws", APP | {"skipAuthenticationPolicy": True})

    assert not [request for request in okta.requests if "polic" in request or "well-known" in request]


def test_the_default_policy_is_found_among_others_and_one_chosen_by_hand_is_given_back(okta, engine):
    okta.policies = [{"id": "rstStrong", "system": False}, {"id": "rstA", "system": True}]
    made = engine.create(SAML, "aws", APP)
    assert okta.requests[3] == f"PUT /api/v1/apps/{made.id}/policies/rstA"

    okta.requests.clear()
    engine.update(made, APP | {"label": "AWS accounts"})
    assert f"PUT /api/v1/apps/{made.id}/policies/rstA" in okta.requests, "whatever it is by now"


def test_two_default_policies_are_an_error(okta, engine):
    okta.policies = [{"id": "rstA", "system": True}, {"id": "rstB", "system": True}]

    with pytest.raises(grpc.RpcError) as error:
        engine.create(SAML, "aws", APP)
    assert said(error.value) == "one default access policy is expected in Okta: 2 found"


@pytest.mark.parametrize("status", [404, 500])
def test_an_organization_that_does_not_say_what_it_is_is_on_identity_engine(okta, engine, status):
    okta.fail["GET /.well-known/okta-organization"] = (status, 9)
    made = engine.create(SAML, "aws", APP)
    assert f"PUT /api/v1/apps/{made.id}/policies/rstA" in okta.requests


@pytest.mark.parametrize(
    ("settings", "differs"),
    [
        (dict(reversed(SETTINGS.items())), False),
        ({name: value for name, value in SETTINGS.items() if value is not False}, False),
        (SETTINGS | {"webSSOAllowedClient": None}, True),
        (SETTINGS | {"webSSOAllowedClient": ""}, True),
    ],
)
def test_app_settings_compare_as_json_with_their_pitfalls(engine, settings, differs):
    app = engine.create(SAML, "aws", APP)
    wanted = APP | {"appSettingsJson": json.dumps(settings)}

    app = engine.refresh(engine.update(app, wanted))

    assert app
    assert bool(kinds(engine.changes(app, wanted))) == differs


def test_a_number_and_its_text_differ_in_app_settings(engine):
    app = engine.create(SAML, "aws", APP)

    diff = engine.changes(app, APP | {"appSettingsJson": json.dumps(SETTINGS | {"sessionDuration": "3600"})})

    assert kinds(diff) == {"appSettingsJson": "UPDATE"}


def test_a_default_of_the_server_is_a_difference_for_ever(okta, engine):
    app = engine.create(SAML, "aws", APP)
    okta.apps[app.id]["settings"]["app"]["appFilter"] = "okta"

    app = engine.refresh(app)

    assert app
    assert kinds(engine.changes(app, APP)) == {"appSettingsJson": "UPDATE"}


def test_another_catalogue_app_replaces(engine):
    app = engine.create(SAML, "aws", APP)

    assert list(engine.changes(app, APP | {"preconfiguredApp": "amazon_sso"}).replaces) == ["preconfiguredApp"]


def test_what_was_never_measured_is_refused(engine):
    with pytest.raises(Refused) as refused:
        engine.check(SAML, "aws", APP | {"inlineHookId": "h"})

    assert "not supported by the stand-in" in refused.value.failures["inlineHookId"]


def test_an_oauth_app_makes_the_measured_requests(okta, engine):
    app = engine.create(OAUTH, "cli", NATIVE)
    engine.refresh(app)

    path = f"/api/v1/apps/{app.id}"
    internal = f"/api/v1/internal/apps/{app.id}/settings/oauth/idToken"
    policies = ["GET /.well-known/okta-organization", "GET /api/v1/policies", f"PUT {path}/policies/rstA"]
    read = [f"GET {path}", f"GET {internal}"]
    assert okta.requests == ["POST /api/v1/apps", f"POST {internal}", *policies, *read, *read]
    assert app.outputs["clientId"] == app.id
    assert kinds(engine.changes(app, NATIVE | {"grantTypes": list(reversed(NATIVE["grantTypes"]))})) == {}


def test_an_oauth_app_deleted_by_hand_fails_until_taken_out_of_state(okta, engine):
    app = engine.create(OAUTH, "cli", NATIVE)
    okta.apps.clear()

    with pytest.raises(grpc.RpcError) as refreshed:
        engine.refresh(app)
    with pytest.raises(grpc.RpcError):
        engine.delete(app)

    assert said(refreshed.value) == "failed to get OAuth application: 404 Not Found"
    assert okta.requests.count(f"POST /api/v1/apps/{app.id}/lifecycle/deactivate") > 1, "it is tried for 25 s"


def test_one_assignment_makes_the_measured_requests(okta, engine):
    assignment = engine.create(ASSIGNMENT, "pilot", {"appId": "0oaA", "groupId": "00gA"})
    engine.delete(assignment)

    path = "/api/v1/apps/0oaA/groups/00gA"
    assert okta.requests == [f"PUT {path}", f"GET {path}", f"DELETE {path}"]
    assert okta.bodies[2] == {}
    assert engine.refresh(assignment) is None


def test_dropping_priority_or_profile_of_an_assignment_is_no_change(engine):
    inputs = {"appId": "0oaA", "groupId": "00gA"}
    assignment = engine.create(ASSIGNMENT, "pilot", inputs | {"priority": 3, "profile": '{"role":"a"}'})

    assert kinds(engine.changes(assignment, inputs)) == {}


def test_all_assignments_are_owned_and_written_again_on_every_update(okta, engine):
    inputs = {"appId": "0oaA", "groups": [{"id": "00gA", "profile": "{}"}, {"id": "00gB", "profile": "{}"}]}
    assignments = engine.create(ASSIGNMENTS, "aws", inputs)
    okta.assigned["0oaA"]["00gX"] = {"id": "00gX", "priority": 2, "profile": {}}
    refreshed = engine.refresh(assignments)
    assert refreshed
    assert list(kinds(engine.changes(refreshed, inputs)).values()).count("DELETE") >= 1
    okta.requests.clear()

    engine.update(refreshed, inputs)

    path = "/api/v1/apps/0oaA/groups"
    assert okta.requests == [f"DELETE {path}/00gX", f"PUT {path}/00gA", f"PUT {path}/00gB", f"GET {path}"]


def test_scopes_are_granted_before_old_ones_are_revoked(okta, engine):
    inputs = {"appId": "0oaA", "issuer": "https://acme.okta.com", "scopes": ["okta.users.read.self", "okta.apps.read"]}
    scopes = engine.create(SCOPES, "cli", inputs)
    okta.requests.clear()

    engine.update(scopes, inputs | {"scopes": ["okta.apps.read", "okta.groups.read"]})

    path = "/api/v1/apps/0oaA/grants"
    assert okta.requests == [
        f"GET {path}",
        f"POST {path}",
        f"GET {path}",
        f"DELETE {path}/oagoktausersreadself",
        f"GET {path}",
    ]
