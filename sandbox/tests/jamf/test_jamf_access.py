"""Who may call the sandbox's Jamf Pro, and on which of its nodes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.jamf.jamf_harness import (
    CLIENT,
    GROUPS,
    PROFILES,
    Caller,
    document,
    mobileconfig,
    new_app,
    with_faults,
)


@pytest.fixture
def app(tmp_path: Path) -> Any:
    return new_app(tmp_path)


@pytest.fixture
def jamf(app: Any) -> Caller:
    caller = Caller(app)
    caller.sign_in()
    return caller


def test_a_token_says_how_long_it_lasts_and_is_refused_afterwards(jamf: Caller):
    answer = jamf.sign_in().json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 599, "api-role:2")
    jamf("GET", PROFILES)
    jamf.set(token_seconds=0)
    assert jamf.sign_in().json()["expires_in"] == 0
    jamf("GET", PROFILES, expect=401)


def test_the_older_address_of_the_token_works_too(jamf: Caller):
    form = {"grant_type": "client_credentials", **CLIENT}
    assert jamf.http.post("/api/oauth/token", data=form).status_code == 200


@pytest.mark.parametrize("changes", [{"client_secret": "wrong"}, {"client_id": "wrong"}, {"client_secret": ""}])
def test_a_wrong_client_gets_no_token(app: Any, changes: dict[str, str]):
    assert Caller(app).sign_in(**changes).status_code == 401


def test_an_invalidated_token_ends_at_once(jamf: Caller):
    jamf("POST", "/api/v1/auth/invalidate-token", expect=204)
    jamf("GET", PROFILES, expect=401)


def test_a_disabled_client_gets_no_new_token_and_keeps_the_one_it_has(jamf: Caller):
    jamf.set(client_enabled=False)
    assert jamf.sign_in().status_code == 401
    jamf("GET", PROFILES)


def test_without_a_token_classic_answers_in_html_and_pro_in_json(app: Any):
    stranger = Caller(app)
    classic = stranger.raw("GET", PROFILES, Accept="application/json")
    assert (classic.status_code, classic.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
    pro = stranger.raw("GET", GROUPS)
    assert (pro.status_code, pro.json()) == (401, {"httpStatus": 401, "errors": []})


def test_basic_authentication_is_gone(app: Any):
    assert Caller(app).raw("GET", PROFILES, Authorization="Basic YWRtaW46YWRtaW4=").status_code == 401


def test_a_missing_privilege_is_401_on_classic_and_403_on_pro(jamf: Caller):
    jamf.set(missing_privileges=["Read macOS Configuration Profiles", "Read Static Computer Groups"])
    jamf("GET", PROFILES, expect=401)
    assert jamf("GET", GROUPS, expect=403)["errors"][0]["code"] == "INVALID_PRIVILEGE"


def test_a_client_is_told_what_it_may_do_and_a_stranger_nothing(app: Any, jamf: Caller):
    jamf.set(missing_privileges=["Update Policies"])
    account = jamf("GET", "/api/v1/auth")["account"]
    assert account["username"] == CLIENT["client_id"]
    privileges = account["privilegesBySite"]["-1"]
    assert {"Create Policies", "Delete Policies", "Read Computers", "Flush Policy Logs"} <= set(privileges)
    assert "Update Policies" not in privileges
    assert not [name for name in privileges if "{" in name]
    assert Caller(app).raw("GET", "/api/v1/auth").status_code == 401


def test_a_node_does_not_know_yet_what_the_other_did_and_the_cookie_pins_one(app: Any, jamf: Caller):
    jamf.set(lag_seconds=60)
    profile = jamf.profile()
    other = Caller(app)
    while other.http.cookies.get("jpro-ingress") in {None, jamf.http.cookies["jpro-ingress"]}:
        other.http.cookies.clear()
        other.sign_in()
    jamf("GET", f"{PROFILES}/id/{profile}")
    other("GET", f"{PROFILES}/id/{profile}", expect=404)
    assert other("GET", PROFILES).findtext("size") == "0"
    assert "Duplicate name" in other("POST", f"{PROFILES}/id/0", document(mobileconfig({})), expect=409)
    jamf.set(lag_seconds=0)
    other("GET", f"{PROFILES}/id/{profile}")


def test_a_node_shows_an_object_as_it_was_before_the_other_changed_it(app: Any, jamf: Caller):
    profile = jamf.profile("Before")
    jamf.set(lag_seconds=60)
    own = jamf.http.cookies["jpro-ingress"]
    jamf("PUT", f"{PROFILES}/id/{profile}", document(None, name="After"), expect=201)
    seen: set[str] = set()
    for _ in range(4):
        caller = Caller(app)
        caller.sign_in()
        same = caller.http.cookies["jpro-ingress"] == own
        name = caller("GET", f"{PROFILES}/id/{profile}").findtext("general/name")
        assert name == ("After" if same else "Before")
        seen.add(name)
    assert seen == {"Before", "After"}


def test_creates_at_the_same_time_fail_but_for_one(app: Any, jamf: Caller):
    jamf.set(create_seconds=0.3)

    def create(number: int) -> int:
        caller = Caller(app)
        caller.http.headers["Authorization"] = jamf.http.headers["Authorization"]
        return caller.raw("POST", f"{PROFILES}/id/0", document(mobileconfig({}), name=f"P{number}")).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(create, range(4)))
    assert answers[0] == 201
    assert answers[-1] == 500


def test_more_than_five_calls_at_once_are_noticed(app: Any, jamf: Caller):
    jamf.set(create_seconds=0.3)

    def create(number: int) -> None:
        caller = Caller(app)
        caller.http.headers["Authorization"] = jamf.http.headers["Authorization"]
        caller.raw("POST", GROUPS, {"name": f"g{number}", "assignments": []})
        caller.raw("POST", "/api/v1/scripts", {"name": f"s{number}"})

    assert jamf("GET", "/sandbox/connections") == {"most": 1, "over": 0}
    app.extensions["jamf"].connections.now = 5
    create(1)
    assert jamf("GET", "/sandbox/connections") == {"most": 6, "over": 2}
    jamf("DELETE", "/sandbox/connections", expect=204)
    assert jamf("GET", "/sandbox/connections") == {"most": 0, "over": 0}


def test_a_create_whose_answer_is_lost_took_place_and_a_second_try_meets_it(app: Any):
    caller = Caller(with_faults(app))
    caller.sign_in()
    fault = {"match": f"POST {PROFILES}/id/0", "status": 504, "after": True}
    caller("POST", "/sandbox/faults", fault)
    lost = caller.raw("POST", f"{PROFILES}/id/0", document(mobileconfig({})))
    assert (lost.status_code, lost.headers["Content-Type"]) == (504, "text/html;charset=UTF-8")
    assert "Duplicate name" in caller("POST", f"{PROFILES}/id/0", document(mobileconfig({})), expect=409)
    caller("GET", f"{PROFILES}/name/Claude%20Code")


def test_a_restart_forgets_neither_tokens_nor_profiles_nor_settings(tmp_path: Path, jamf: Caller):
    profile = jamf.profile()
    jamf.set(token_seconds=30)
    again = Caller(new_app(tmp_path))
    again.http.headers["Authorization"] = jamf.http.headers["Authorization"]
    again("GET", f"{PROFILES}/id/{profile}")
    assert again("GET", "/sandbox/jamf")["token_seconds"] == 30


@pytest.mark.parametrize("wanted", [{"lag": 1}, {"lag_seconds": -1}, {"lag_seconds": "1"}, {"empty_keys": 1}])
def test_a_wrong_setting_is_refused(jamf: Caller, wanted: dict[str, Any]):
    jamf("PUT", "/sandbox/jamf", wanted, expect=400)
