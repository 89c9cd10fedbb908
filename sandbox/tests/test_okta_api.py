"""The sandbox's Okta, held against what the official plug-in was seen to ask and what it chokes on."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import threading
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet
from lxml.etree import fromstring
from signxml.exceptions import InvalidSignature
from signxml.verifier import XMLVerifier
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from sandbox import okta
from sandbox.okta.directory import people
from sandbox.okta.ids import id_of

TOKEN = "a-token"
HEADERS = {"Authorization": f"SSWS {TOKEN}"}
ALICE, BOB, CARLOS = (f"{name}@acme.example" for name in ("alice.chen", "bob.kim", "carlos.diaz"))
ACCOUNT = "123456789012"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"
AWS_ATTRIBUTE = "https://aws.amazon.com/SAML/Attributes/"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"

AWS_APP: dict[str, Any] = {
    "name": "amazon_aws",
    "label": "AWS",
    "signOnMode": "SAML_2_0",
    "visibility": {"autoSubmitToolbar": False, "hide": {"iOS": False, "web": False}},
    "credentials": {"userNameTemplate": {"template": "${source.login}", "type": "BUILT_IN"}},
    "settings": {
        "app": {
            "awsEnvironmentType": "aws.amazon",
            "groupFilter": r"aws_(?{{accountid}}\d+)_(?{{role}}[\w\-]+)",
            "roleValuePattern": "arn:aws:iam::${accountid}:saml-provider/okta,arn:aws:iam::${accountid}:role/${role}",
            "useGroupMapping": True,
            "joinAllRoles": False,
            "sessionDuration": 3600,
        },
        "notes": {"admin": None, "enduser": None},
    },
}
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
OIDC_APP: dict[str, Any] = {
    "name": "oidc_client",
    "label": "Claude Code sign-in",
    "signOnMode": "OPENID_CONNECT",
    "credentials": {"oauthClient": {"pkce_required": True, "token_endpoint_auth_method": "none"}},
    "settings": {
        "oauthClient": {
            "application_type": "native",
            "grant_types": ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code", TOKEN_EXCHANGE],
            "response_types": ["code"],
            "redirect_uris": ["http://localhost:8400/callback"],
        }
    },
}


class Caller:
    """The API over Flask's test client, and the few steps the tests share."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def __call__(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        response = self.raw(method, path, body)
        assert response.status_code == expect, response.get_data(as_text=True)
        return response.get_json() if response.get_data() else None

    def raw(self, method: str, path: str, body: Any = None) -> TestResponse:
        return self.client.open(path, method=method, json=body, headers=HEADERS)

    def refusal(self, method: str, path: str, body: Any = None) -> tuple[int, str, list[str]]:
        response = self.raw(method, path, body)
        answer = response.get_json()
        assert set(answer) == {"errorCode", "errorSummary", "errorLink", "errorId", "errorCauses"}
        assert response.mimetype == "application/json"
        return response.status_code, answer["errorCode"], [cause["errorSummary"] for cause in answer["errorCauses"]]

    def group(self, name: str) -> str:
        return self("POST", "/api/v1/groups", {"profile": {"name": name, "description": None}})["id"]

    def join(self, group: str, *logins: str) -> None:
        for login in logins:
            self("PUT", f"/api/v1/groups/{group}/users/{user_id(login)}", expect=204)

    def members(self, group: str) -> set[str]:
        return {user["profile"]["login"] for user in self("GET", f"/api/v1/groups/{group}/users?limit=200")}

    def app(self, template: dict[str, Any], **changes: Any) -> dict[str, Any]:
        return self("POST", "/api/v1/apps?activate=true", {**template, **changes})

    def saml(self, app: str, login: str, expect: int = 200) -> Any:
        return self("POST", "/sandbox/saml", {"app": app, "user": login}, expect)


def user_id(login: str) -> str:
    return id_of("00u", login)


def aws_app(**settings: Any) -> dict[str, Any]:
    return {**AWS_APP, "settings": {"app": {**AWS_APP["settings"]["app"], **settings}}}


def oidc_app(credentials: dict[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    client = {**OIDC_APP["settings"]["oauthClient"], **settings}
    who = {**OIDC_APP["credentials"]["oauthClient"], **(credentials or {})}
    return {**OIDC_APP, "settings": {"oauthClient": client}, "credentials": {"oauthClient": who}}


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new organization: making its key takes longer than most tests."""
    home = tmp_path_factory.mktemp("okta")
    okta.create_app(home, TOKEN)
    return home


@pytest.fixture
def home(seeded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(seeded, tmp_path / "home"))


@pytest.fixture
def call(home: Path) -> Caller:
    return Caller(okta.create_app(home, TOKEN).test_client())


@contextmanager
def served(home: Path) -> Generator[str]:
    """The URL of a real threaded server on the state in `home`."""
    server = make_server("127.0.0.1", 0, okta.create_app(home, TOKEN), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def url(home: Path) -> Generator[str]:
    with served(home) as address:
        yield address


def over_a_socket(url: str, request: str) -> tuple[str, dict[str, list[str]], bytes]:
    """The status line, the headers line by line, and the body: what no client library has touched."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(request.replace("\n", "\r\n").encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers: dict[str, list[str]] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        headers.setdefault(name, []).append(value)
    return status, headers, body


# The directory


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


# The wire


def test_an_absolute_request_line_and_a_strange_host_are_served(url: str):
    for host in ("127.0.0.1", "acme.okta.com", "a_b..c", "[::1", "x y", ""):
        status, headers, body = over_a_socket(
            url, f"GET {url}/api/v1/users?limit=2 HTTP/1.1\nHost: {host}\nAuthorization: SSWS {TOKEN}\n\n"
        )
        assert status.split()[1] == "200"
        assert len(json.loads(body)) == 2
        assert len(headers["Link"]) == 2


@pytest.mark.parametrize("host", ["acme.okta.com", "a_b..c", "[::1", "x y", "a/b", ""])
def test_an_ordinary_request_line_is_served_under_any_host(url: str, host: str):
    status, _, _ = over_a_socket(url, f"GET /api/v1/groups HTTP/1.1\nHost: {host}\nAuthorization: SSWS {TOKEN}\n\n")
    assert status.split()[1] == "200"


def test_pages_are_linked_one_header_line_per_relation(url: str):
    status, headers, _ = over_a_socket(
        url, f"GET /api/v1/users?limit=50&sortOrder=0 HTTP/1.1\nHost: x\nAuthorization: SSWS {TOKEN}\n\n"
    )
    assert status.split()[1] == "200"
    assert [line.rpartition("; ")[2] for line in headers["Link"]] == ['rel="self"', 'rel="next"']
    assert "," not in "".join(headers["Link"])
    assert len(headers["Date"]) == 1


def test_more_than_200_members_come_in_two_pages(url: str):
    with requests.Session() as session:
        session.headers.update(HEADERS)
        group = session.post(f"{url}/api/v1/groups", json={"profile": {"name": "crowd"}}).json()["id"]

        def hire(number: int) -> str:
            login = f"contractor{number}@acme.example"
            profile = {"firstName": "C", "lastName": str(number), "login": login, "email": login}
            found = requests.post(f"{url}/api/v1/users", json={"profile": profile}, headers=HEADERS, timeout=30).json()
            path = f"{url}/api/v1/groups/{group}/users/{found['id']}"
            assert requests.put(path, headers=HEADERS, timeout=30).status_code == 204
            return login

        with ThreadPoolExecutor(8) as pool:
            hired = set(pool.map(hire, range(205)))
        first = session.get(f"{url}/api/v1/groups/{group}/users?limit=200")
        second = session.get(first.links["next"]["url"])
        assert parse_qs(urlsplit(first.links["next"]["url"]).query)["limit"] == ["200"]
        assert (len(first.json()), len(second.json())) == (200, 5)
        assert "next" not in second.links
        assert {user["profile"]["login"] for user in first.json() + second.json()} == hired
        assert len(session.get(f"{url}/api/v1/users?limit=5000").json()) == 200


def test_the_next_page_keeps_the_search_and_survives_a_removal(call: Caller):
    answer = call.raw("GET", "/api/v1/users?search=profile.department+eq+%22mobile%22&limit=3&sortOrder=0")
    link = next(line for line in answer.headers.getlist("Link") if 'rel="next"' in line)
    call("POST", f"/api/v1/users/{answer.get_json()[2]['id']}/lifecycle/deactivate")
    rest = call("GET", link[1 : link.index(">")])
    assert {user["profile"]["department"] for user in answer.get_json()[:2] + rest} == {"mobile"}
    assert len(rest) == 3
    assert not {user["id"] for user in answer.get_json()} & {user["id"] for user in rest}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "limit=²", "limit=" + "9" * 30, "after=%00", "after=zzzz"]
)
def test_a_wrong_page_is_refused(call: Caller, query: str):
    assert call.refusal("GET", f"/api/v1/users?{query}")[:2] == (400, "E0000001")


@pytest.mark.parametrize("header", [{}, {"Authorization": "SSWS wrong"}, {"Authorization": f"Bearer {TOKEN}"}])
def test_without_the_token_nothing_is_told(url: str, header: dict[str, str]):
    for path in ("/api/v1/users/me", "/api/v1/nowhere", "/sandbox/directory"):
        answer = requests.get(url + path, headers=header, timeout=10)
        assert (answer.status_code, answer.json()["errorCode"]) == (401, "E0000011")
        assert answer.headers["Content-Type"] == "application/json"
        assert "X-Rate-Limit-Remaining" in answer.headers


def test_discovery_needs_no_token(url: str):
    assert requests.get(f"{url}/.well-known/okta-organization", timeout=10).json()["pipeline"] == "idx"
    assert (
        requests.get(f"{url}/.well-known/openid-configuration", timeout=10).json()["issuer"] == "https://acme.okta.com"
    )


def test_the_plug_in_can_ask_who_it_is(call: Caller):
    assert call("GET", "/api/v1/users/me")["status"] == "ACTIVE"


# Hostile callers


NO_JSON_OBJECT = {
    "cut short": b"{",
    "a list": b"[]",
    "a text": b'"x"',
    "not a number": b'{"a": NaN}',
    "half a character": b'{"a": "\\ud800"}',
    "no text": b"\xff",
    "deep": b'{"a":' * 50_000,
    "deeper": b"[" * 100_000,
    "a huge number": b'{"a":' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", NO_JSON_OBJECT.values(), ids=NO_JSON_OBJECT)
def test_a_body_that_is_no_json_object_is_refused(call: Caller, body: bytes):
    answer = call.client.post("/api/v1/groups", data=body, content_type="application/json", headers=HEADERS)
    assert (answer.status_code, answer.get_json()["errorCode"]) == (400, "E0000003")


def test_a_body_of_another_type_is_refused(call: Caller):
    answer = call.client.post("/api/v1/groups", data="name=x", content_type="text/plain", headers=HEADERS)
    assert (answer.status_code, answer.get_json()["errorCode"]) == (415, "E0000021")


def test_a_huge_body_is_refused(url: str):
    profile = {"profile": {"name": "x", "description": "x" * (2 << 20)}}
    answer = requests.post(f"{url}/api/v1/groups", json=profile, headers=HEADERS, timeout=10)
    assert (answer.status_code, answer.json()["errorCode"]) == (413, "E0000003")
    chunks = (b"x" * 65536 for _ in range(32))
    answer = requests.post(
        f"{url}/api/v1/groups", data=chunks, headers=HEADERS | {"Content-Type": "application/json"}, timeout=10
    )
    assert (answer.status_code, answer.json()["errorCode"]) == (413, "E0000003")


def test_a_long_url_is_refused_and_a_search_for_200_people_is_not(call: Caller):
    search = " or ".join(f'profile.email eq "person{number}@acme.example"' for number in range(200))
    assert call("GET", f"/api/v1/users?search={search}&limit=200&sortOrder=0") == []
    assert call.refusal("GET", "/api/v1/users?q=" + "x" * 20_000)[0] == 414


def test_every_wrong_route_and_method_is_answered_in_json(call: Caller):
    assert call.refusal("GET", "/api/v1/nowhere")[:2] == (404, "E0000007")
    assert call.refusal("GET", "//api//v1/users")[:2] == (404, "E0000007")
    assert call.refusal("PATCH", "/api/v1/groups")[:2] == (405, "E0000022")
    assert call.refusal("OPTIONS", "/api/v1/groups")[:2] == (405, "E0000022")


def test_an_unexpected_failure_shows_no_traceback(home: Path, caplog: pytest.LogCaptureFixture):
    app = okta.create_app(home, TOKEN)
    app.add_url_rule("/api/v1/bug", "bug", lambda: 1 / 0)  # type: ignore[misc]
    answer = app.test_client().get("/api/v1/bug", headers=HEADERS)
    assert (answer.status_code, answer.get_json()["errorCode"]) == (500, "E0000009")
    assert "division" not in answer.get_data(as_text=True)
    assert "GET /api/v1/bug failed" in caplog.text


# Searching


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


# People


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


# Groups


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


# Apps


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


# Rate limits


def test_every_answer_tells_the_rate_limit(url: str):
    for path in ("/api/v1/groups", "/api/v1/nowhere", "/.well-known/okta-organization"):
        headers = requests.get(url + path, headers=HEADERS, timeout=10).headers
        assert headers["X-Rate-Limit-Limit"] == "6000"
        assert int(headers["X-Rate-Limit-Remaining"]) < 6000
        reset = datetime.fromtimestamp(int(headers["X-Rate-Limit-Reset"]), UTC)
        assert timedelta(0) < reset - parsedate_to_datetime(headers["Date"]) <= timedelta(seconds=61)


def test_beyond_the_limit_callers_are_told_when_to_come_back(url: str):
    with requests.Session() as session:
        session.headers.update(HEADERS)
        assert session.post(f"{url}/sandbox/rate-limit", json={"limit": 2, "per_seconds": 1}).status_code == 200
        assert [session.get(f"{url}/api/v1/groups").status_code for _ in range(3)] == [200, 200, 429]
        refused = session.get(f"{url}/api/v1/groups")
        assert refused.json()["errorCode"] == "E0000047"
        assert refused.headers["X-Rate-Limit-Remaining"] == "0"
        wait = int(refused.headers["X-Rate-Limit-Reset"]) - parsedate_to_datetime(refused.headers["Date"]).timestamp()
        assert 0 <= wait <= 2
        assert refused.headers["Retry-After"] == "1"
        assert session.get(f"{url}/api/v1/users/me").status_code == 200, "another class of endpoint"
        time.sleep(1.1)
        assert session.get(f"{url}/api/v1/groups").status_code == 200


@pytest.mark.parametrize("limit", [{"limit": -1, "per_seconds": 1}, {"limit": 1, "per_seconds": 0}, {"limit": 1}])
def test_a_wrong_rate_limit_is_refused(call: Caller, limit: dict[str, int]):
    assert call.refusal("POST", "/sandbox/rate-limit", limit)[:2] == (400, "E0000001")


def test_a_refused_call_changes_nothing(call: Caller):
    group = call.group("pilot")
    call("POST", "/sandbox/rate-limit", {"limit": 0, "per_seconds": 60})
    assert call.raw("PUT", f"/api/v1/groups/{group}/users/{user_id(ALICE)}").status_code == 429
    call("POST", "/sandbox/rate-limit", {"limit": 1000, "per_seconds": 60})
    assert call.members(group) == set()


# Signing in


def assertion_of(call: Caller, app: str, response: str) -> Any:
    """The assertion, once its signature holds against the certificate of the metadata."""
    metadata = fromstring(call.raw("GET", f"/api/v1/apps/{app}/sso/saml/metadata").get_data())
    certificate = metadata.findtext(f".//{DS}X509Certificate")
    pem = f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----\n"
    result = XMLVerifier().verify(base64.b64decode(response), x509_cert=pem)
    assertion: Any = result.signed_xml  # type: ignore[union-attr]
    assert assertion.tag == f"{SAML}Assertion"
    assert assertion.findtext(f"{SAML}Issuer") == metadata.get("entityID")
    return assertion


def attributes_of(assertion: Any) -> dict[str, list[str]]:
    return {
        each.get("Name").removeprefix(AWS_ATTRIBUTE): [value.text for value in each]
        for each in assertion.iter(f"{SAML}Attribute")
    }


@pytest.fixture
def pilot(call: Caller) -> tuple[str, str]:
    """The AWS app assigned to the pilot's group, which has Alice in it."""
    app, group = call.app(AWS_APP)["id"], call.group(f"aws_{ACCOUNT}_pilot")
    call.join(group, ALICE)
    call("PUT", f"/api/v1/apps/{app}/groups/{group}", {"id": group, "profile": {}})
    return app, group


def test_a_sign_in_is_a_signed_assertion_for_aws(call: Caller, pilot: tuple[str, str]):
    answer = call.saml(pilot[0], ALICE)
    assert answer["roles"] == [f"{PROVIDER},arn:aws:iam::{ACCOUNT}:role/pilot"]
    assertion = assertion_of(call, pilot[0], answer["SAMLResponse"])
    assert attributes_of(assertion) == {
        "Role": answer["roles"],
        "RoleSessionName": [ALICE],
        "SessionDuration": ["3600"],
    }
    assert assertion.findtext(f".//{SAML}Audience") == "https://signin.aws.amazon.com/saml"
    confirmation = assertion.find(f".//{SAML}SubjectConfirmationData")
    assert confirmation.get("Recipient") == "https://signin.aws.amazon.com/saml"
    ends = datetime.fromisoformat(confirmation.get("NotOnOrAfter"))
    assert timedelta(minutes=4) < ends - datetime.now(UTC) <= timedelta(minutes=5)


def test_a_tampered_assertion_does_not_verify(call: Caller, pilot: tuple[str, str]):
    document = base64.b64decode(call.saml(pilot[0], ALICE)["SAMLResponse"]).replace(b"role/pilot", b"role/admin")
    with pytest.raises(InvalidSignature):
        assertion_of(call, pilot[0], base64.b64encode(document).decode())


def test_roles_follow_membership(call: Caller, pilot: tuple[str, str]):
    app, group = pilot
    second = call.group(f"aws_{ACCOUNT}_wave-2")
    call.group(f"aws_{ACCOUNT}_admin")
    call.join(call.group("aws_unrelated"), ALICE)
    call.join(call.group(f"x_aws_{ACCOUNT}_admin"), ALICE)
    call.join(second, ALICE)
    assert [role.rpartition("/")[2] for role in call.saml(app, ALICE)["roles"]] == ["pilot", "wave-2"]
    call("DELETE", f"/api/v1/groups/{group}/users/{user_id(ALICE)}", expect=204)
    assert "in no group" in call.saml(app, ALICE, expect=403)["errorSummary"]


def test_a_role_needs_an_assignment_of_the_app(call: Caller, pilot: tuple[str, str]):
    app, group = pilot
    call.join(call.group(f"aws_{ACCOUNT}_wave"), BOB)
    assert f"{BOB} is in no group that the app AWS is assigned to" in call.saml(app, BOB, 403)["errorSummary"]
    call("DELETE", f"/api/v1/apps/{app}/groups/{group}", expect=204)
    call.saml(app, ALICE, expect=403)


def test_a_member_whom_no_group_gives_a_role_is_denied(call: Caller, pilot: tuple[str, str]):
    umbrella = call.group("Claude-Code-Users")
    call.join(umbrella, CARLOS)
    call("PUT", f"/api/v1/apps/{pilot[0]}/groups/{umbrella}", {})
    assert "matches the groupFilter" in call.saml(pilot[0], CARLOS, expect=403)["errorSummary"]


@pytest.mark.parametrize("status", ["suspend", "deactivate"])
def test_a_person_who_is_not_active_can_not_sign_in(call: Caller, pilot: tuple[str, str], status: str):
    call("POST", f"/api/v1/users/{ALICE}/lifecycle/{status}")
    assert f"{ALICE} is " in call.saml(pilot[0], ALICE, expect=403)["errorSummary"]


def test_an_inactive_app_and_one_without_group_mapping_let_nobody_in(call: Caller, pilot: tuple[str, str]):
    path = f"/api/v1/apps/{pilot[0]}"
    call("PUT", path, aws_app(useGroupMapping=False))
    assert "useGroupMapping" in call.saml(pilot[0], ALICE, expect=403)["errorSummary"]
    call("PUT", path, AWS_APP)
    call("POST", f"{path}/lifecycle/deactivate")
    assert "INACTIVE" in call.saml(pilot[0], ALICE, expect=403)["errorSummary"]


def test_a_group_filter_written_to_hang_is_cut_short(call: Caller, pilot: tuple[str, str]):
    call("PUT", f"/api/v1/apps/{pilot[0]}", aws_app(groupFilter="(?{{role}}(a|aa)+)c(?{{accountid}}.)"))
    call.join(call.group("a" * 250), ALICE)
    began = time.monotonic()
    assert call.saml(pilot[0], ALICE, expect=400)["errorCode"] == "E0000001"
    assert time.monotonic() - began < 5


def test_an_id_token_verifies_with_the_published_keys(call: Caller, home: Path):
    group, client = call.group("Claude-Code-Users"), "claude-code-pilot"
    app = call.app(oidc_app({"client_id": client}))
    body = {"client_id": client, "user": ALICE}
    call("PUT", f"/api/v1/apps/{app['id']}/groups/{group}", {})
    assert call.refusal("POST", "/sandbox/id-token", body)[:2] == (403, "E0000006")
    call.join(group, ALICE)
    encoded = call("POST", "/sandbox/id-token", body)["id_token"]
    published = call("GET", "/oauth2/v1/keys")
    assert published == okta.jwks(home)
    assert not any("d" in key for key in published["keys"])
    token = jwt.decode(encoded, KeySet.import_key_set(published), algorithms=["RS256"])
    claims = token.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("https://acme.okta.com", user_id(ALICE), client)
    assert (claims["exp"] - claims["iat"], claims["email"]) == (3600, ALICE)
    head, payload, signature = encoded.split(".")
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "other"}).encode()).decode().rstrip("=")
    with pytest.raises(BadSignatureError):
        jwt.decode(f"{head}.{forged}.{signature}", KeySet.import_key_set(published), algorithms=["RS256"])
    assert payload != forged
    call("POST", f"/api/v1/apps/{app['id']}/lifecycle/deactivate")
    assert call.refusal("POST", "/sandbox/id-token", body)[0] == 403


def test_signing_in_to_what_is_not_there_is_not_found(call: Caller, pilot: tuple[str, str]):
    assert call.refusal("POST", "/sandbox/saml", {"app": "0oanone", "user": ALICE})[:2] == (404, "E0000007")
    assert call.refusal("POST", "/sandbox/saml", {"app": pilot[0], "user": "nobody"})[:2] == (404, "E0000007")
    assert call.refusal("POST", "/sandbox/id-token", {"client_id": "none-such", "user": ALICE})[0] == 404
    assert call.refusal("POST", "/sandbox/saml", {"app": call.app(OIDC_APP)["id"], "user": ALICE})[0] == 400
    assert call.refusal("POST", "/sandbox/saml", {"app": pilot[0]})[0] == 400
