"""Calls: tokens, refusals in a line, bounds, and one write at a time (jamf-api 1, 2.4)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from providers.jamf import client as wire
from providers.jamf.client import Client
from providers.jamf.errors import JamfError, LostAnswerError
from tests.jamf.harness import ALICE, GRACE, Engine, group_inputs

SECRET = "the-secret-of-the-client"
TOKEN = "the-token"
HTML = """<html><head><title>Status page</title></head><body>
<p>Conflict</p><p>Error: Duplicate name</p>
<p>You can get technical details <a href="http://www.w3.org/#sec10.4.10">here</a>.</p></body></html>"""


class Server:
    """Answers by a list of what to say; the last one is said for ever."""

    def __init__(
        self, *answers: httpx.Response | Exception, expires_in: float = 599, token_path: str = "/api/v1/oauth/token"
    ) -> None:
        self.answers, self.expires_in, self.token_path = list(answers), expires_in, token_path
        self.tokens, self.calls = 0, list[httpx.Request]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth/token"):
            if request.url.path != self.token_path:
                return httpx.Response(404)
            self.tokens += 1
            token = f"{TOKEN}-{self.tokens}"
            return httpx.Response(
                200, json={"access_token": token, "token_type": "Bearer", "expires_in": self.expires_in}
            )
        self.calls.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(server: Callable[[httpx.Request], httpx.Response], **more: Any) -> Client:
    more.setdefault("pause", lambda _: None)
    return Client("https://jamf.example", "the-client", SECRET, transport=httpx.MockTransport(server), **more)


@pytest.fixture
def well() -> httpx.Response:
    return httpx.Response(200, json={"ok": True})


def test_a_token_is_used_until_shortly_before_its_own_end(well: httpx.Response) -> None:
    now = 0.0
    server = Server(well, expires_in=100)
    caller = client(server, clock=lambda: now)
    for now, tokens in ((0, 1), (79, 1), (81, 2), (160, 2), (162, 3)):
        caller.get("/api/x")
        assert server.tokens == tokens, now
    assert server.calls[-1].headers["Authorization"] == f"Bearer {TOKEN}-3"


def test_a_token_refused_before_its_end_is_renewed_once(well: httpx.Response) -> None:
    server = Server(httpx.Response(401), well)
    assert client(server).get("/api/x") == {"ok": True}
    assert server.tokens == 2
    refusing = Server(httpx.Response(401))
    with pytest.raises(JamfError, match="GET /api/x with 401; check the API client, and its role's privileges"):
        client(refusing).get("/api/x")
    assert (refusing.tokens, len(refusing.calls)) == (2, 2)


def test_an_older_server_has_its_tokens_elsewhere(well: httpx.Response) -> None:
    assert client(Server(well, token_path="/api/oauth/token")).get("/api/x") == {"ok": True}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"access_token": "x"}),
        httpx.Response(200, json={"access_token": 7, "expires_in": 599}),
        httpx.Response(200, json=[]),
    ],
)
def test_what_is_no_token_is_refused(answer: httpx.Response) -> None:
    with pytest.raises(JamfError, match="the request for a token with something else"):
        client(lambda _: answer).get("/api/x")


def test_a_refused_client_is_told_without_its_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(JamfError, match=r"gives the API client no token \(401\); check jamf.client_id") as refused:
        client(lambda _: httpx.Response(401, json={"error": "invalid_client"})).get("/api/x")
    assert SECRET not in f"{refused.value!r} {refused.getrepr()} {caplog.text}"


def test_neither_secret_nor_token_is_logged(caplog: pytest.LogCaptureFixture, well: httpx.Response) -> None:
    caplog.set_level(logging.DEBUG)
    caller = client(Server(well))
    caller.get("/api/x")
    assert SECRET not in caplog.text
    assert TOKEN not in caplog.text
    assert SECRET not in repr(caller)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (httpx.Response(409, text=HTML), "Jamf Pro answered POST /x with 409: Duplicate name"),
        (
            httpx.Response(
                403,
                json={
                    "httpStatus": 403,
                    "errors": [{"code": "INVALID_PRIVILEGE", "description": "no", "id": "0", "field": None}],
                },
            ),
            "Jamf Pro answered POST /x with 403: INVALID_PRIVILEGE: no; give the API client's role the privilege for this",
        ),
        (httpx.Response(413, text=""), "Jamf Pro answered POST /x with 413; larger than Jamf Pro takes"),
        (httpx.Response(409, text="<p>x" * 2 + "y\n" * 1000), None),
        (httpx.Response(400, json={"errors": "none"}), "Jamf Pro answered POST /x with 400"),
        (httpx.Response(422, text="[" * 100_000), "Jamf Pro answered POST /x with 422"),
    ],
)
def test_a_refusal_is_one_line(answer: httpx.Response, text: str | None) -> None:
    with pytest.raises(JamfError) as refused:
        client(Server(answer)).post_json("/x", {})
    said = str(refused.value)
    assert "\n" not in said
    assert len(said) < 500
    assert text is None or said == text


def test_reads_and_repeatable_writes_are_tried_again_and_creates_never(well: httpx.Response) -> None:
    lost = httpx.ReadTimeout("slow")
    server = Server(lost, httpx.Response(503), well)
    assert client(server).get("/x") == {"ok": True}
    server = Server(lost, httpx.Response(503), well)
    client(server).put_json("/x", {})
    assert len(server.calls) == 3
    server = Server(lost, well)
    with pytest.raises(LostAnswerError, match="no answer from Jamf Pro to POST /x: slow"):
        client(server).post_json("/x", {})
    assert len(server.calls) == 1


def test_an_answer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_ANSWER_BYTES", 1 << 20)
    with pytest.raises(JamfError, match="more than 1 MiB"):
        client(Server(httpx.Response(200, content=b"x" * (1 << 21)))).get("/x")


@pytest.mark.parametrize(
    "url",
    [
        "http://jamf.example",
        "https://jamf.example/api",
        "ftp://jamf.example",
        "https://a:b@jamf.example",
        "jamf.example",
    ],
)
def test_a_secret_is_not_sent_to_just_any_address(url: str) -> None:
    with pytest.raises(JamfError, match="not the https:// address of a server"):
        Client(url, "the-client", SECRET)


def test_writes_are_one_at_a_time_and_all_from_one_node(engine: Engine) -> None:
    """Jamf Pro fails one of two creates that meet; its sandbox does so as well."""
    engine.caller.set(create_seconds=0.2)
    failed: list[BaseException] = []

    def make(number: int) -> None:
        try:
            engine.create("jamf:index:ComputerGroup", f"g{number}", group_inputs(ALICE, GRACE, name=f"g{number}"))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len([call for call in engine.calls("static-groups") if call.startswith("POST")]) == 4, "none tried again"
    assert engine.caller.raw("GET", "/sandbox/connections").json()["over"] == 0
