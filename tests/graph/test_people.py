"""Okta's people, before anything is declared: asked while it answers, and not waited for in an incident."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pulumi
import pytest

from components.identity import okta_reachability
from components.identity.people import answered, reason
from tests import recording, stacks
from tests.registrations import Recorded

INCIDENT = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "A key was committed"}
LOOKUP = "okta:user/getUsers:getUsers"


def stopped() -> dict[str, Any]:
    document = stacks.small()
    document["cohorts"]["pilot"] |= {"level": "suspended", "incident": INCIDENT}
    return document


@contextmanager
def serving(status: int, hangs: threading.Event | None = None) -> Generator[str]:
    """`hangs`: until then the API takes calls and says nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if hangs and self.path.startswith("/api/"):
                hangs.wait(30)
            self.send_response(status if self.path == "/.well-known/okta-organization" else 418)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name is inherited
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_in_an_incident_a_silent_okta_is_not_asked_for_anybody_and_aws_alone_is_declared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    made: list[Recorded] = []
    keep = Recorded
    monkeypatch.setattr(recording, "Recorded", lambda: made.append(keep()) or made[-1])
    with pytest.raises(pulumi.RunError, match="Okta does not answer: what is denied is denied in AWS"):
        recording.run(stacks.config(stopped()), preview=False, okta_answers=False)
    [run] = made
    assert not [token for token, _ in run.calls if token == LOOKUP]
    assert not [registration for registration in run.order if registration.type.startswith("okta:")]
    assert run.one("pilot-access-stop")
    assert said[:1] == [
        "acme.okta.com does not answer within 5 s. AWS is changed all the same; nobody is added to a group."
    ]


def test_outside_an_incident_okta_is_not_asked_whether_it_is_there() -> None:
    recorded = recording.run(stacks.config(stacks.small()), okta_answers=False)
    assert [token for token, _ in recorded.calls if token == LOOKUP]


@pytest.mark.parametrize("status", [200, 401, 503])
def test_whoever_answers_at_all_is_there(status: int) -> None:
    with serving(status) as address:
        assert okta_reachability.answers("acme.okta.example", address)


def test_a_closed_port_is_silence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert not okta_reachability.answers("acme.okta.example", address)
    assert not okta_reachability.answers("acme.okta.example", "no address")


def test_who_takes_a_call_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = f"http://127.0.0.1:{mute.getsockname()[1]}"
        assert not okta_reachability.answers("acme.okta.example", address, seconds=0.2)


def test_an_api_that_hangs_behind_a_page_that_answers_is_silence() -> None:
    over = threading.Event()
    with serving(200, over) as address:
        assert not okta_reachability.answers("acme.okta.example", address, seconds=0.3)
        over.set()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one line", "one line"),
        (
            "1 error occurred:\n\t* failed to list users: the API returned an error: Invalid token provided\n\n",
            "failed to list users: the API returned an error: Invalid token provided",
        ),
        (
            "[ERROR] not configured\n  * first\n  * failed to list users: empty access token",
            (
                "failed to list users: empty access token: a scope in OKTA_API_SCOPES is not granted to the app, or the "
                "key is not its own"
            ),
        ),
    ],
)
def test_a_providers_error_is_one_line_and_says_what_to_look_at(text: str, line: str) -> None:
    assert reason(text) == line
    with pytest.raises(pulumi.RunError) as error, answered("Okta"):
        raise ValueError(f"invoke of okta:user/getUsers:getUsers returned an error: {text}")
    said = line.rpartition("returned an error: ")[2]
    assert str(error.value) == f"Okta does not answer; check its credentials and network: {said}"


def test_no_update_gives_an_app_back_to_oktas_default_policy() -> None:
    saml = recording.run(stacks.config(stacks.small()))
    oidc = recording.run(stacks.config({**stacks.small(), "federation": "oidc"}))
    apps = [one for run in (saml, oidc) for kind in ("saml:Saml", "oAuth:OAuth") for one in run.of(f"okta:app/{kind}")]
    assert {one.name for one in apps} == {"federation-aws", "federation-sign-in", "pilot-membership-app"}
    assert all(one.inputs["skipAuthenticationPolicy"] is True for one in apps)
