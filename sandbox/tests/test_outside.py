"""What leaves AWS in the sandbox is received in the sandbox, and fails where it would fail outside."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from werkzeug.test import Client

from sandbox.aws.messages.ses import Ses
from sandbox.control import Faults, Journal
from sandbox.outside.direct import with_slack
from sandbox.outside.egress import Egress, Outside
from sandbox.outside.notices import Notices
from sandbox.outside.slack import user_id
from sandbox.settings import SLACK_PATH, SLACK_TOKEN
from sandbox.tests.aws_harness import serving

ALICE = "alice.chen@acme.example"
TEXT = {"type": "section", "text": {"type": "mrkdwn", "text": "what it means"}}


def no_aws(_: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [])
    return []


class World:
    def __init__(self, home: Path) -> None:
        self.notices = Notices(home / "notices.jsonl")
        self.journal, self.faults = Journal(), Faults()
        self.egress = Egress(home, Outside(self.notices, self.journal, self.faults))

    def ask(self, url: str, body: Any = None, token: str | None = SLACK_TOKEN, **headers: str) -> tuple[int, Any, Any]:
        environment = self.egress.environment
        context = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": environment["HTTPS_PROXY"], "http": environment["HTTPS_PROXY"]}),
            urllib.request.HTTPSHandler(context=context),
        )
        data = None if body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json; charset=utf-8", **headers}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        try:
            with opener.open(urllib.request.Request(url, data, sent), timeout=10) as answer:  # noqa: S310
                text = answer.read()
                return answer.status, json.loads(text) if text else None, answer.headers
        except urllib.error.HTTPError as error:
            return error.code, None, error.headers

    def slack(self, method: str, body: Any = None, token: str | None = SLACK_TOKEN) -> Any:
        status, answer, _ = self.ask(f"https://slack.com/api/{method}", body, token)
        assert status == 200
        return answer


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    made = World(tmp_path)
    yield made
    made.egress.close()


def test_a_bot_finds_a_person_by_address_and_writes_to_them(world: World) -> None:
    found = world.slack(f"users.lookupByEmail?email={ALICE}")
    assert found["user"]["id"] == user_id(ALICE)
    assert world.slack("chat.postMessage", {"channel": user_id(ALICE), "text": "suspended", "blocks": [TEXT]})["ok"]
    assert world.slack("chat.postMessage", {"channel": "C0ENGALERTS", "text": "suspended"})["ok"]
    person, channel = world.notices.all()
    assert (person["by"], person["to"], person["text"]) == ("slack", [ALICE], "suspended\nwhat it means")
    assert channel["to"] == ["C0ENGALERTS"]


@pytest.mark.parametrize(
    ("method", "body", "token", "error"),
    [
        ("chat.postMessage", {"channel": "C0ENGALERTS", "text": "x"}, None, "not_authed"),
        ("chat.postMessage", {"channel": "C0ENGALERTS", "text": "x"}, "xoxb-other", "invalid_auth"),
        ("chat.postMessage", {"channel": "engineering", "text": "x"}, SLACK_TOKEN, "channel_not_found"),
        ("chat.postMessage", {"channel": "C0ENGALERTS"}, SLACK_TOKEN, "no_text"),
        ("chat.postMessage", {"channel": "C0ENGALERTS", "text": "x" * 40_001}, SLACK_TOKEN, "msg_too_long"),
        ("chat.postMessage", {"channel": "C0ENGALERTS", "blocks": [TEXT] * 51}, SLACK_TOKEN, "invalid_blocks"),
        ("users.lookupByEmail?email=nobody@acme.example", None, SLACK_TOKEN, "users_not_found"),
        ("chat.delete", {}, SLACK_TOKEN, "unknown_method"),
    ],
)
def test_slack_refuses_with_its_own_words(world: World, method: str, body: Any, token: str | None, error: str) -> None:
    assert world.slack(method, body, token) == {"ok": False, "error": error}
    assert world.notices.all() == []


def test_slack_says_what_its_token_may_do_and_says_it_of_no_other(world: World) -> None:
    for token, scopes in ((SLACK_TOKEN, "chat:write,im:write,users:read,users:read.email"), ("xoxb-other", None)):
        _, _, headers = world.ask("https://slack.com/api/auth.test", {}, token)
        assert headers["x-oauth-scopes"] == scopes


def test_a_shell_reaches_the_same_slack_on_the_port_of_aws(world: World) -> None:
    shell = Client(with_slack(no_aws, Outside(world.notices, world.journal, world.faults)))
    bearer = {"Authorization": f"Bearer {SLACK_TOKEN}"}
    assert shell.post(f"{SLACK_PATH}auth.test").get_json() == {"ok": False, "error": "not_authed"}
    answer = shell.post(f"{SLACK_PATH}auth.test", headers=bearer)
    assert answer.get_json()["ok"]
    assert "users:read" in answer.headers["x-oauth-scopes"]
    found = shell.get(f"{SLACK_PATH}users.lookupByEmail?email={ALICE}", headers=bearer)
    assert found.get_json()["user"]["id"] == user_id(ALICE)
    shell.post(f"{SLACK_PATH}chat.postMessage", json={"channel": "C0ENGALERTS", "text": "x"}, headers=bearer)
    assert [notice["to"] for notice in world.notices.all()] == [["C0ENGALERTS"]]
    assert [call["operation"] for call in world.journal.all()][-1] == "chat.postMessage"
    assert shell.get("/a-bucket").status_code == 404


def test_a_webhook_keeps_body_signature_and_repeats_over_a_restart(world: World, tmp_path: Path) -> None:
    for _ in range(2):
        status, _, _ = world.ask("https://tracker.acme.example/hook", {"id": 1}, None, **{"webhook-id": "a"})
        assert status == 202
    again = Notices(tmp_path / "notices.jsonl").all()
    assert [(n["to"], n["body"], n["headers"]["webhook-id"]) for n in again] == [
        (["https://tracker.acme.example/hook"], {"id": 1}, "a")
    ] * 2


def test_nothing_goes_out_but_https_and_nobody_else_believes_the_certificates(world: World) -> None:
    assert world.ask("http://tracker.acme.example/hook", {})[0] == 403
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": world.egress.environment["HTTPS_PROXY"]}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
    )
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        opener.open("https://slack.com/api/auth.test", timeout=10)
    assert world.slack("auth.test")["ok"]


def test_a_call_that_is_told_to_fail_fails_and_is_in_the_journal(world: World) -> None:
    world.faults.arm({"match": "chat.postMessage", "status": 429, "times": 1})
    message = {"channel": "C0ENGALERTS", "text": "x"}
    status, _, headers = world.ask("https://slack.com/api/chat.postMessage", message)
    assert (status, headers["Retry-After"]) == (429, "1")
    assert world.slack("chat.postMessage", message)["ok"]
    assert [(call["operation"], call["status"]) for call in world.journal.all()] == [
        ("chat.postMessage", 429),
        ("chat.postMessage", 200),
    ]


def test_more_than_a_webhook_may_hold_is_refused(world: World) -> None:
    assert world.ask("https://tracker.acme.example/hook", "x" * 262_145)[0] == 413


def test_mail_needs_a_sender_that_the_account_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[list[str], str, str]] = []
    monkeypatch.setattr(Ses, "outbox", staticmethod(lambda to, subject, text: sent.append((to, subject, text))))
    simple = {"Subject": {"Data": "suspended"}, "Body": {"Text": {"Data": "what it means"}}}
    with serving(tmp_path, lambda: {"keys": []}) as aws:
        ses = aws.client("sesv2")

        def send(sender: str) -> None:
            ses.send_email(FromEmailAddress=sender, Destination={"ToAddresses": [ALICE]}, Content={"Simple": simple})

        with pytest.raises(ClientError, match=r"not verified.*US-EAST-1: claude@acme.example"):
            send("claude@acme.example")
        ses.create_email_identity(EmailIdentity="acme.example")
        send("claude@acme.example")
    assert sent == [([ALICE], "suspended", "what it means")]
