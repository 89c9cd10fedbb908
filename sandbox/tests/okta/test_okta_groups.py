"""Groups and their members in the sandbox's Okta."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import okta
from sandbox.tests.okta.okta_harness import ALICE, AWS_APP, HEADERS, TOKEN, Caller, served, user_id


def test_a_group_lives_and_dies(call: Caller):
    group = call.group("aws_123456789012_pilot")
    assert group.startswith("00g")
    assert len(group) == 20
    changed = call("PUT", f"/api/v1/groups/{group}", {"profile": {"name": "renamed", "description": "d"}})
    assert (changed["id"], changed["profile"]) == (group, {"name": "renamed", "description": "d"})
    for query in ('search=profile.name eq "renamed"', 'filter=profile.name eq "renamed"', "q=rena"):
        assert [each["id"] for each in call("GET", f"/api/v1/groups?{query}")] == [group]
    call("DELETE", f"/api/v1/groups/{group}", expect=204)
    for method in ("GET", "DELETE"):
        assert call.refusal(method, f"/api/v1/groups/{group}")[:2] == (404, "E0000007")


def test_a_group_name_is_taken_once(call: Caller):
    call.group("pilot")
    refusal = (400, "E0000001", ["name: An object with this field already exists in the current organization"])
    assert call.refusal("POST", "/api/v1/groups", {"profile": {"name": "pilot"}}) == refusal
    other = call.group("other")
    assert call.refusal("PUT", f"/api/v1/groups/{other}", {"profile": {"name": "pilot"}}) == refusal


@pytest.mark.parametrize(
    "profile",
    [
        None,
        [],
        {},
        {"name": ""},
        {"name": 5},
        {"name": "x" * 256},
        {"name": "x", "description": "x" * 1025},
        {"name": "x", "nane": "y"},
        {"name": "a\x00"},
    ],
)
def test_a_group_without_a_proper_profile_is_refused(call: Caller, profile: Any):
    assert call.refusal("POST", "/api/v1/groups", {"profile": profile})[:2] == (400, "E0000001")


def test_membership_may_be_set_twice_and_taken_twice(call: Caller):
    group = call.group("pilot")
    for _ in range(2):
        call.join(group, ALICE)
    assert call.members(group) == {ALICE}
    answer = call.raw("DELETE", f"/api/v1/groups/{group}/users/{user_id(ALICE)}")
    assert (answer.status_code, answer.get_data(), answer.headers.get("Content-Type")) == (204, b"", None)
    call("DELETE", f"/api/v1/groups/{group}/users/{user_id(ALICE)}", expect=204)
    assert call.members(group) == set()


def test_a_membership_needs_a_group_and_a_user_by_id(call: Caller):
    group = call.group("pilot")
    for method in ("PUT", "DELETE"):
        for path in (f"{group}/users/00unobody", f"{group}/users/{ALICE}", f"00gnone/users/{user_id(ALICE)}"):
            assert call.refusal(method, f"/api/v1/groups/{path}")[:2] == (404, "E0000007")


def test_a_restart_keeps_everything(home: Path):
    with served(home) as first:
        call = Caller(okta.create_app(home, TOKEN).test_client())
        group = requests.post(
            f"{first}/api/v1/groups", json={"profile": {"name": "pilot"}}, headers=HEADERS, timeout=10
        ).json()["id"]
        call.join(group, ALICE)
        app = call.app(AWS_APP)
        call("PUT", f"/api/v1/apps/{app['id']}/groups/{group}", {"id": group, "profile": {}})
        keys = requests.get(f"{first}/oauth2/v1/keys", timeout=10).json()
    with served(home) as second:
        again = Caller(okta.create_app(home, TOKEN).test_client())
        assert again("GET", f"/api/v1/apps/{app['id']}") == app
        assert again.members(group) == {ALICE}
        assert len(again("GET", "/api/v1/users?limit=200")) == 51
        assert again.saml(app["id"], ALICE, expect=403)
        assert requests.get(f"{second}/oauth2/v1/keys", timeout=10).json() == keys == okta.jwks(home)
