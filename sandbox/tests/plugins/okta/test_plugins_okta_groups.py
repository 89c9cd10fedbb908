"""The Okta plug-in's settings, groups and memberships: it asks what the official one asks, and is wrong where that is."""

from __future__ import annotations

import grpc
import pytest

from sandbox.plugins.okta.provider import OktaProvider
from sandbox.tests.plugins.okta.okta_plugin_harness import GROUP, MEMBERSHIPS
from sandbox.tests.plugins.plugin_harness import SCHEMAS, details, engine_for, kinds, said


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
