"""The Okta plug-in asks what the official one asks, and is wrong where that one is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import grpc
import pytest

from sandbox.plugins.okta.client import Okta, OktaError, Settings, UnreachableError
from sandbox.plugins.okta.provider import OktaProvider
from sandbox.tests.okta_fake import CERTIFICATE, METADATA, OktaFake, okta_fake, rate_limit_headers
from sandbox.tests.plugins.plugin_harness import SCHEMAS, Engine, Refused, details, engine_for, kinds, said

GROUP = "okta:group/group:Group"
MEMBERSHIPS = "okta:index/groupMemberships:GroupMemberships"
SAML = "okta:app/saml:Saml"
OAUTH = "okta:app/oAuth:OAuth"
ASSIGNMENT = "okta:app/groupAssignment:GroupAssignment"
ASSIGNMENTS = "okta:index/appGroupAssignments:AppGroupAssignments"
SCOPES = "okta:index/appOauthApiScope:AppOauthApiScope"

SETTINGS = {"awsEnvironmentType": "aws.amazon", "useGroupMapping": True, "joinAllRoles": False, "sessionDuration": 3600}
APP = {"label": "AWS", "preconfiguredApp": "amazon_aws", "appSettingsJson": json.dumps(SETTINGS)}
NATIVE = {
    "label": "Sign-in",
    "type": "native",
    "tokenEndpointAuthMethod": "none",
    "grantTypes": ["urn:ietf:params:oauth:grant-type:device_code", "authorization_code"],
    "redirectUris": ["http://127.0.0.1:8080/callback"],
}


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setenv("SANDBOX_WAIT_SCALE", "0.02")


@pytest.fixture
def okta() -> Iterator[OktaFake]:
    with okta_fake() as fake:
        yield fake


@pytest.fixture
def engine(okta: OktaFake) -> Iterator[Engine]:
    config = {"orgName": "acme", "baseUrl": "okta.com", "apiToken": "t", "httpProxy": okta.url, "maxRetries": "2"}
    with engine_for(OktaProvider(SCHEMAS), **config) as engine:
        okta.requests.clear()
        okta.headers.clear()
        yield engine


def test_the_token_is_tried_twice_at_the_start(okta):
    with engine_for(OktaProvider(SCHEMAS), orgName="acme", baseUrl="okta.com", apiToken="t", httpProxy=okta.url):
        assert okta.requests == ["GET /api/v1/users/me"] * 2
        assert okta.headers[0]["Authorization"] == "SSWS t"


def test_requests_to_a_proxy_are_in_absolute_form(okta, engine):
    engine.create(GROUP, "pilot", {"name": "pilot"})

    assert okta.headers[0]["target"] == f"{okta.url}/api/v1/groups"


def test_settings_come_from_the_environment_too(okta, monkeypatch):
    for name, value in {"ORG_NAME": "acme", "BASE_URL": "okta.com", "API_TOKEN": "e", "HTTP_PROXY": okta.url}.items():
        monkeypatch.setenv(f"OKTA_{name}", value)

    with engine_for(OktaProvider(SCHEMAS)):
        assert okta.headers[0]["Authorization"] == "SSWS e"


def test_a_refused_token_stops_everything(okta):
    okta.fail["GET /api/v1/users/me"] = (401, 9)
    config = {"orgName": "acme", "baseUrl": "okta.com", "apiToken": "t", "httpProxy": okta.url}

    with pytest.raises(grpc.RpcError) as error, engine_for(OktaProvider(SCHEMAS), **config):
        pass

    told = str(error.value.details())  # pyright: ignore[reportAttributeAccessIssue]
    assert told.startswith("[ERROR] The Okta provider was not properly configured")
    assert "GET /api/v1/users/me: 401" in said(error.value)


# Groups


def test_a_group_makes_the_measured_requests(okta, engine):
    group = engine.create(GROUP, "pilot", {"name": "pilot", "description": "d"})
    group = engine.update(group, {"name": "pilots", "description": "d"})
    engine.delete(group)

    path = f"/api/v1/groups/{group.id}"
    created = ["POST /api/v1/groups", f"GET {path}", f"GET {path}"]
    assert okta.requests == [*created, f"PUT {path}", f"GET {path}", f"DELETE {path}"]
    assert okta.bodies[2] == {"profile": {"name": "pilot", "description": "d"}}


def test_a_group_is_renamed_in_place(engine):
    group = engine.create(GROUP, "pilot", {"name": "pilot"})

    diff = engine.changes(group, {"name": "pilots"})

    assert kinds(diff) == {"name": "UPDATE"}
    assert not diff.replaces


def test_previews_ask_nothing_about_resources(okta, engine):
    group = engine.create(GROUP, "pilot", {"name": "pilot"})
    okta.requests.clear()

    engine.preview(GROUP, "other", {"name": "other"})
    engine.changes(group, {"name": "pilots"})
    engine.update(group, {"name": "pilots"}, preview=True)

    assert okta.requests == []


def test_a_group_deleted_by_hand_is_dropped_on_refresh_and_an_error_before(okta, engine):
    group = engine.create(GROUP, "pilot", {"name": "pilot"})
    okta.groups.clear()

    assert engine.refresh(group) is None
    with pytest.raises(grpc.RpcError) as error:
        engine.delete(group)
    assert "404 Not Found: the API returned an error: Not found: Resource not found" in said(error.value)


def test_a_failed_update_is_remembered_so_that_the_next_up_repeats_it(okta, engine):
    group = engine.create(GROUP, "pilot", {"name": "pilot"})
    okta.fail[f"PUT /api/v1/groups/{group.id}"] = (500, 1)

    with pytest.raises(grpc.RpcError) as error:
        engine.update(group, {"name": "pilots"})

    assert b"ErrorResourceInitFailed" in details(error.value)
    assert b"pilots" in details(error.value)


# Memberships


def test_members_are_added_one_after_another_and_listed_once(okta, engine):
    group = okta.group("pilot")
    engine.create(MEMBERSHIPS, "pilot", {"groupId": group, "users": ["ann", "bob"], "trackAllUsers": True})

    path = f"/api/v1/groups/{group}/users"
    assert okta.requests == [f"PUT {path}/ann", f"PUT {path}/bob", f"GET {path}"]


def test_an_empty_membership_makes_no_request(okta, engine):
    engine.create(MEMBERSHIPS, "pilot", {"groupId": okta.group("pilot"), "users": []})

    assert okta.requests == []


def test_a_member_that_cannot_be_added_fails_the_creation(okta, engine):
    with pytest.raises(grpc.RpcError) as error:
        engine.create(MEMBERSHIPS, "pilot", {"groupId": okta.group("pilot"), "users": ["ann", "unknown"]})

    assert "PUT /api/v1/groups/00g0/users/unknown: 404" in said(error.value)
    assert okta.members["00g0"] == ["ann"]


def test_a_member_that_cannot_be_added_later_is_lost_in_silence(okta, engine):
    group = okta.group("pilot")
    members = engine.create(MEMBERSHIPS, "pilot", {"groupId": group, "users": ["ann", "old"], "trackAllUsers": True})
    wanted = {"groupId": group, "users": ["ann", "unknown", "zoe"], "trackAllUsers": True}
    okta.requests.clear()

    members = engine.update(members, wanted)

    path = f"/api/v1/groups/{group}/users"
    assert okta.requests == [f"PUT {path}/unknown", f"DELETE {path}/old"], "later additions are skipped"
    assert members.outputs["users"] == ["ann", "unknown", "zoe"], "state claims everyone"
    assert kinds(engine.changes(members, wanted)) == {}
    refreshed = engine.refresh(members)
    assert refreshed
    assert refreshed.outputs["users"] == ["ann"], "only a refresh tells"
    assert kinds(engine.changes(refreshed, wanted)) == {"users[1]": "ADD", "users[2]": "ADD"}


@pytest.mark.parametrize(("tracked", "seen"), [(True, ["ann", "eve"]), (False, ["ann"])])
def test_hand_added_members_show_only_when_all_users_are_tracked(okta, engine, tracked, seen):
    group = okta.group("pilot")
    members = engine.create(MEMBERSHIPS, "pilot", {"groupId": group, "users": ["ann"], "trackAllUsers": tracked})
    okta.members[group].append("eve")

    refreshed = engine.refresh(members)

    assert refreshed
    assert refreshed.outputs["users"] == seen


def test_the_order_of_members_means_nothing(okta, engine):
    members = engine.create(MEMBERSHIPS, "pilot", {"groupId": okta.group("pilot"), "users": ["ann", "bob"]})

    assert kinds(engine.changes(members, {"groupId": "00g0", "users": ["bob", "ann"]})) == {}


def test_another_group_replaces_the_membership(okta, engine):
    members = engine.create(MEMBERSHIPS, "pilot", {"groupId": okta.group("pilot"), "users": ["ann"]})

    diff = engine.changes(members, {"groupId": okta.group("other"), "users": ["ann"]})

    assert list(diff.replaces) == ["groupId"]
    assert not diff.deleteBeforeReplace


def test_removing_a_membership_removes_those_in_state_and_nobody_else(okta, engine):
    group = okta.group("pilot", "eve")
    members = engine.create(MEMBERSHIPS, "pilot", {"groupId": group, "users": ["ann", "bob"]})
    okta.members[group].remove("bob")

    engine.delete(members)

    assert okta.members[group] == ["eve"]


def test_the_members_of_a_group_that_is_gone_are_nobody(okta, engine):
    members = engine.create(MEMBERSHIPS, "pilot", {"groupId": okta.group("pilot"), "users": ["ann"]})
    okta.groups.clear()

    refreshed = engine.refresh(members)

    assert refreshed
    assert refreshed.outputs["users"] == []


def test_memberships_are_imported_with_two_lists(okta, engine):
    group = okta.group("pilot", "ann")

    members = engine.import_(MEMBERSHIPS, "pilot", f"{group}/true")

    assert members
    assert (members.id, members.outputs["users"], members.outputs["trackAllUsers"]) == (group, ["ann"], True)
    assert okta.requests == [f"GET /api/v1/groups/{group}/users"] * 2


# Lookups


def test_users_are_found_by_one_expression(okta, engine):
    expression = 'profile.email eq "ann@acme.example" or profile.email eq "unknown@acme.example"'

    found = engine.invoke("okta:user/getUsers:getUsers", searches=[{"expression": expression}])

    assert [user["email"] for user in found["users"]] == ["ann@acme.example"]
    assert okta.requests == ["GET /api/v1/users"]
    target = okta.headers[0]["target"]
    assert re.fullmatch(r"[^?]*\?limit=200&search=[^&]*&sortOrder=0", target), "sorted, as Go sends them"


def test_searches_are_joined_by_the_operator(engine):
    searches = [{"name": "profile.email", "value": f"{name}@acme.example"} for name in ("ann", "bob")]

    found = engine.invoke("okta:user/getUsers:getUsers", searches=searches, compoundSearchOperator="or")

    assert [user["id"] for user in found["users"]] == ["ann", "bob"]


def test_the_members_of_a_group_are_read_page_by_page(okta, engine):
    okta.page = 2
    group = okta.group("pilot", *(f"user{number}" for number in range(5)))

    found = engine.invoke("okta:user/getUsers:getUsers", groupId=group)

    assert len(found["users"]) == 5
    assert [head["target"].partition("?")[2] for head in okta.headers] == ["limit=200"] + [
        f"after={start}&limit=200" for start in (2, 4)
    ]


def test_links_joined_in_one_header_are_an_error_and_not_an_endless_loop(okta, engine):
    okta.page, okta.join_links = 2, True
    group = okta.group("pilot", "ann", "bob", "eve")

    with pytest.raises(grpc.RpcError) as error:
        engine.invoke("okta:user/getUsers:getUsers", groupId=group)

    assert "one Link header per relation" in said(error.value)


def test_one_user_takes_four_requests_unless_groups_and_roles_are_skipped(okta, engine):
    searches = [{"expression": 'profile.email eq "ann@acme.example"'}]

    engine.invoke("okta:user/getUser:getUser", searches=searches)
    engine.invoke("okta:user/getUser:getUser", searches=searches, skipGroups=True, skipRoles=True)

    whole = ["/api/v1/users", "/api/v1/users/ann/roles", "/api/v1/users/ann/roles", "/api/v1/users/ann/groups"]
    assert okta.requests == [f"GET {path}" for path in [*whole, "/api/v1/users"]]


def test_nobody_found_is_an_error_for_one_user_only(engine):
    searches = [{"expression": 'profile.email eq "unknown@acme.example"'}]

    assert engine.invoke("okta:user/getUsers:getUsers", searches=searches)["users"] == []
    with pytest.raises(grpc.RpcError) as error:
        engine.invoke("okta:user/getUser:getUser", searches=searches)
    told = error.value.details()  # pyright: ignore[reportAttributeAccessIssue]
    assert told == "1 error occurred:\n\t* no users found using search criteria\n\n"


def test_a_group_is_looked_up_by_its_exact_name(okta, engine):
    okta.group("pilots")
    okta.group("pilot", "ann")

    found = engine.invoke("okta:group/getGroup:getGroup", name="pilot", includeUsers=True)

    assert (found["name"], found["users"]) == ("pilot", ["ann"])


def test_unknown_arguments_of_a_lookup_are_refused(engine):
    with pytest.raises(Refused) as refused:
        engine.invoke("okta:group/getGroup:getGroup", nam="pilot")

    assert refused.value.failures == {"nam": "nam is not an input of this type: did you mean name?"}


# Apps


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


# Assignments and scopes


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


# Rate limits


def test_through_a_proxy_a_rate_limit_is_waited_out_until_its_reset(okta, engine):
    okta.fail["POST /api/v1/groups"] = (429, 1)
    okta.answer_headers = rate_limit_headers(1)

    engine.create(GROUP, "pilot", {"name": "pilot"})

    assert okta.requests[:2] == ["POST /api/v1/groups"] * 2
    assert okta.headers[1]["X-Okta-Retry-Count"] == "1"


@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry-After": "1"}), (503, {}), (500, {})])
def test_through_a_proxy_nothing_else_is_retried(okta, engine, status, headers):
    okta.fail["POST /api/v1/groups"] = (status, 1)
    okta.answer_headers = headers

    with pytest.raises(grpc.RpcError) as error:
        engine.create(GROUP, "pilot", {"name": "pilot"})

    assert str(status) in said(error.value)


@pytest.mark.parametrize(("status", "attempts"), [(429, 3), (503, 3), (502, 3), (500, 1)])
def test_in_production_rate_limits_and_5xx_but_500_are_retried(okta, monkeypatch, status, attempts):
    monkeypatch.setattr(Settings, "address", property(lambda _: okta.url))
    okta.fail["GET /api/v1/groups/g"] = (status, 9)
    client = Okta(Settings(org="acme", base_url="okta.com", authorization="SSWS t", max_retries=2, min_wait_seconds=1))

    with pytest.raises(OktaError):
        client.get("/api/v1/groups/g")

    assert len(okta.requests) == attempts


@pytest.mark.parametrize(
    ("settings", "waits"), [({}, [3, 6, 10, 10]), ({"backoff": False}, []), ({"proxy": "http://127.0.0.1:9"}, [])]
)
def test_in_production_a_closed_connection_is_tried_again_for_as_long_as_the_settings_say(monkeypatch, settings, waits):
    """As the official plug-in does: with its defaults 751 s (2026-11-28)."""
    slept: list[float] = []
    monkeypatch.setattr("sandbox.plugins.okta.client.sleep", slept.append)
    monkeypatch.setattr(Settings, "address", property(lambda _: "http://127.0.0.1:9"))
    times = {"max_retries": 4, "min_wait_seconds": 3, "max_wait_seconds": 10}
    client = Okta(Settings(org="acme", base_url="okta.com", authorization="SSWS t", **times, **settings))

    with pytest.raises(UnreachableError, match="Okta cannot be reached"):
        client.get("/api/v1/groups/g")

    assert slept == waits
