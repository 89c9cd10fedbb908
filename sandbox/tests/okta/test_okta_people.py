"""The people of the sandbox's Okta: the directory, its searches, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sandbox import okta
from sandbox.okta.directory import people
from sandbox.tests.okta.okta_harness import ALICE, BOB, HEADERS, TOKEN, Caller, user_id


def test_the_directory_has_51_people_in_five_teams():
    assert Counter(person["team"] for person in people()) == {
        "backend": 15,
        "frontend": 12,
        "platform": 8,
        "data": 9,
        "mobile": 7,
    }
    assert len({person["email"] for person in people()}) == 51


def test_each_team_has_one_lead_and_people_of_every_seniority_besides():
    everybody = {person["email"]: person for person in people()}
    leads = {person["manager"] for person in people() if person["manager"]}
    assert {everybody[lead]["team"] for lead in leads} == {person["team"] for person in people()}
    assert len(leads) == 5
    for lead in leads:
        assert everybody[lead]["role"] in {"Engineering Manager", "Tech Lead"}
        assert everybody[lead]["manager"] in {*leads, ""}
        team = [each for each in people() if each["team"] == everybody[lead]["team"] and each["email"] != lead]
        assert {each["manager"] for each in team} == {lead}
        seniorities = Counter(each["seniority"] for each in team)
        assert (seniorities["senior"] >= 2, seniorities["mid"] >= 2, seniorities["junior"] >= 1) == (True,) * 3
        assert set(seniorities) == {"senior", "mid", "junior"}


def test_the_people_the_plan_names_are_who_the_plan_says(call: Caller):
    lena = call("GET", "/api/v1/users/lena.ivanova@acme.example")["profile"]
    assert (lena["firstName"], lena["department"], lena["title"], lena["userType"]) == (
        "Lena",
        "mobile",
        "Tech Lead",
        "senior",
    )
    kevin = call("GET", "/api/v1/users/kevin.okafor@acme.example")["profile"]
    assert (kevin["department"], kevin["title"], kevin["userType"]) == ("data", "Data Scientist", "mid")
    assert kevin["managerId"] == user_id(kevin["manager"])


def test_people_have_the_same_ids_in_every_sandbox(call: Caller, tmp_path: Path):
    other = Caller(okta.create_app(tmp_path / "other", TOKEN).test_client())
    for caller in (call, other):
        assert caller("GET", f"/api/v1/users/{ALICE}")["id"] == user_id(ALICE)
    assert len(user_id(ALICE)) == 20


def test_the_control_route_lists_people_with_their_groups(call: Caller):
    call.join(call.group("one"), ALICE)
    listed = {person["login"]: person["groups"] for person in call("GET", "/sandbox/directory")}
    assert (len(listed), listed[ALICE], listed[BOB]) == (51, ["one"], [])


def test_fifty_people_are_found_in_one_search(call: Caller):
    wanted = [person["email"] for person in people()][:50]
    search = " or ".join(f'profile.email eq "{email.upper()}"' for email in wanted)
    found = call("GET", f"/api/v1/users?search={search}&limit=200&sortOrder=0")
    assert {user["profile"]["email"] for user in found} == set(wanted)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        (f'profile.login eq "{ALICE}"', {ALICE}),
        (f'id eq "{user_id(BOB)}"', {BOB}),
        ('profile.email sw "alice" or profile.email sw "bob.k"', {ALICE, BOB}),
        ('profile.lastName co "HEN"', {ALICE, "dalia.cohen@acme.example"}),
        ('status eq "ACTIVE" and (profile.firstName eq "bob" OR profile.firstName eq "nobody")', {BOB}),
        ('profile.firstName eq "bob" or profile.firstName eq "alice" and status eq "STAGED"', {BOB}),
        ('profile.firstName eq "x\\"y"', set[str]()),
        ('profile.displayName eq "nobody"', set[str]()),
    ],
)
def test_a_search_finds(call: Caller, search: str, found: set[str]):
    answer = call.client.get("/api/v1/users", query_string={"search": search}, headers=HEADERS)
    assert {user["profile"]["login"] for user in answer.get_json()} == found


@pytest.mark.parametrize(
    "search",
    [
        "",
        "profile.email",
        "profile.email eq",
        "profile.email eq alice",
        'profile.email is "a"',
        'email eq "a"',
        'profile.nothing eq "a"',
        'profile.email eq "a" or',
        'profile.email eq "a" profile.login eq "b"',
        '(profile.email eq "a"',
        'profile.email eq "a")',
        'profile.email eq "a',
        'profile.email eq "a\\x"',
        "(" * 3000,
        "'; DROP TABLE thing",
    ],
)
def test_a_malformed_search_is_refused(call: Caller, search: str):
    answer = call.client.get("/api/v1/users", query_string={"search": search}, headers=HEADERS)
    assert (answer.status_code, answer.get_json()["errorCode"]) == (400, "E0000031")


def test_search_ignores_case_and_filter_does_not(call: Caller):
    expression = f'profile.login eq "{ALICE.upper()}"'
    found = {
        way: len(call.client.get("/api/v1/users", query_string={way: expression}, headers=HEADERS).get_json())
        for way in ("search", "filter")
    }
    assert found == {"search": 1, "filter": 0}


def test_a_deprovisioned_person_leaves_every_group_and_joins_none(call: Caller):
    group = call.group("pilot")
    call.join(group, ALICE, BOB)
    call("POST", f"/api/v1/users/{ALICE}/lifecycle/deactivate")
    assert call.members(group) == {BOB}
    assert call("GET", f"/api/v1/users/{ALICE}/groups") == []
    assert call.refusal("PUT", f"/api/v1/groups/{group}/users/{user_id(ALICE)}")[:2] == (403, "E0000038")
    assert ALICE not in {user["profile"]["login"] for user in call("GET", "/api/v1/users?limit=200")}
    assert call("GET", f'/api/v1/users?search=profile.email eq "{ALICE}"')[0]["status"] == "DEPROVISIONED"
    call("POST", f"/api/v1/users/{ALICE}/lifecycle/activate")
    assert call.members(group) == {BOB}
    call.join(group, ALICE)


def test_a_login_that_is_renamed_keeps_its_id_and_what_is_in_its_groups(call: Caller):
    group = call.group("pilot")
    call.join(group, ALICE)
    assert call("POST", f"/api/v1/users/{ALICE}", {"profile": {"login": "achen@acme.example"}})["id"] == user_id(ALICE)
    assert call.members(group) == {"achen@acme.example"}
    assert call.refusal("POST", f"/api/v1/users/{user_id(ALICE)}", {"profile": {"login": BOB}})[0] == 400


def test_a_deleted_person_is_deactivated_first_and_then_gone(call: Caller):
    path = f"/api/v1/users/{user_id(ALICE)}"
    call("DELETE", path, expect=204)
    assert call("GET", path)["status"] == "DEPROVISIONED"
    call("DELETE", path, expect=204)
    assert call.refusal("GET", path)[0] == 404


def test_a_suspended_person_keeps_their_groups(call: Caller):
    group = call.group("pilot")
    call.join(group, ALICE)
    call("POST", f"/api/v1/users/{ALICE}/lifecycle/suspend")
    assert call.refusal("POST", f"/api/v1/users/{ALICE}/lifecycle/suspend")[:2] == (400, "E0000001")
    assert call.members(group) == {ALICE}
    call("POST", f"/api/v1/users/{ALICE}/lifecycle/unsuspend")
    assert call("GET", f"/api/v1/users/{ALICE}")["status"] == "ACTIVE"


def test_a_login_is_taken_once(call: Caller):
    profile = {"firstName": "Al", "lastName": "Chen", "email": ALICE, "login": ALICE.upper()}
    _, code, causes = call.refusal("POST", "/api/v1/users", {"profile": profile})
    assert code == "E0000001"
    assert causes == ["login: An object with this field already exists in the current organization"]


@pytest.mark.parametrize(
    "change", [{"login": "x"}, {"email": "a@b"}, {"firstName": ""}, {"lastName": 1}, {"shoe": "42"}]
)
def test_a_person_without_a_proper_profile_is_refused(call: Caller, change: dict[str, Any]):
    login = "new@acme.example"
    profile = {"firstName": "N", "lastName": "N", "login": login, "email": login} | change
    assert call.refusal("POST", "/api/v1/users", {"profile": profile})[:2] == (400, "E0000001")


def test_the_lookup_of_one_person_with_everything_is_answered(call: Caller):
    group = call.group("pilot")
    call.join(group, ALICE)
    found = call("GET", f'/api/v1/users?search=profile.login eq "{ALICE}"&limit=1')
    assert call("GET", f"/api/v1/users/{found[0]['id']}/roles") == []
    assert [each["id"] for each in call("GET", f"/api/v1/users/{found[0]['id']}/groups")] == [group]
    assert call.refusal("GET", "/api/v1/users/nobody@acme.example")[:2] == (404, "E0000007")
