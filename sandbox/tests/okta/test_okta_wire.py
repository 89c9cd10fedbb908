"""The sandbox's Okta on the wire: request lines, pages, tokens, limits, and hostile callers."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox import okta
from sandbox.tests.okta.okta_harness import ALICE, HEADERS, TOKEN, Caller, over_a_socket, user_id


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
            found = requests.post(f"{url}/api/v1/users", json={"profile": profile}, headers=HEADERS, timeout=120).json()
            path = f"{url}/api/v1/groups/{group}/users/{found['id']}"
            assert requests.put(path, headers=HEADERS, timeout=120).status_code == 204
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
