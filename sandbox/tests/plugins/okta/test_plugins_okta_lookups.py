"""The Okta plug-in's lookups, and how it waits for a busy or a silent Okta."""

from __future__ import annotations

import re

import grpc
import pytest

from sandbox.plugins.okta.client import Okta, OktaError, Settings, UnreachableError
from sandbox.tests.okta_fake import rate_limit_headers
from sandbox.tests.plugins.okta.okta_plugin_harness import GROUP
from sandbox.tests.plugins.plugin_harness import Refused, said


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
