"""GitHub's webhook: signed or refused, bounded, and no secret ever written down."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from functions import github
from rollout.leaks.credentials import FINDING
from rollout.leaks.github_alerts import MAX_BODY_BYTES, finding
from tests.sampling import fewer

KEY, LOG = "a secret of GitHub's and ours", "/claude-code/findings"
SECRET = "AKIA" + "Z9" * 8
ALERT: dict[str, Any] = {
    "action": "created",
    "alert": {
        "number": 42,
        "created_at": "2026-11-24T10:00:00Z",
        "html_url": "https://github.com/acme/app/security/secret-scanning/42",
        "secret_type": "aws_access_key_id",
        "secret": SECRET,
        "push_protection_bypassed": True,
        "push_protection_bypassed_by": {"login": "alice-chen"},
    },
    "repository": {"full_name": "acme/app", "private": True},
    "sender": {"login": "github"},
}


@pytest.fixture
def logs(moto_aws: None, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ARG001
    github._secret.cache_clear()
    boto3.client("secretsmanager").create_secret(Name="github", SecretString=KEY)
    made: Any = boto3.client("logs")
    made.create_log_group(logGroupName=LOG)
    monkeypatch.setattr(github, "settings", lambda: {"secret": "github", "log_group": LOG, "log_stream": "github"})
    return made


def call(
    payload: Any,
    *,
    key: str = KEY,
    event: str = "secret_scanning_alert",
    kind: str = "application/json",
    **changes: Any,
) -> int:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {
        "x-hub-signature-256": "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest(),
        "content-type": kind,
        "x-github-event": event,
        "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    }
    request = {
        "version": "2.0",
        "headers": headers,
        "requestContext": {"http": {"method": "POST"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    return github.handler(request | changes, None)["statusCode"]


def lines(logs: Any) -> list[dict[str, Any]]:
    return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=LOG)["events"]]


def test_a_found_credential_is_written_down_with_where_and_what_kind_and_not_which(logs: Any) -> None:
    assert call(ALERT) == 202
    assert call(ALERT) == 202
    first, _ = lines(logs)
    assert first == {
        "finding": FINDING,
        "source": "github",
        "action": "created",
        "kind": "aws_access_key_id",
        "repository": "acme/app",
        "alert": 42,
        "url": ALERT["alert"]["html_url"],
        "by": "alice-chen",
        "found_at": "2026-11-24T10:00:00Z",
        "pushed_past_protection": True,
        "delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    }
    assert SECRET not in json.dumps(lines(logs))


def test_what_github_did_not_sign_is_refused_unread(logs: Any) -> None:
    assert call(ALERT, key="guessed") == 401
    assert call(ALERT, headers={}) == 401
    assert call(ALERT, headers={"x-hub-signature-256": "sha256=ü"}) == 401
    assert lines(logs) == []


def test_what_is_too_large_or_no_post_is_refused_before_it_is_read(logs: Any) -> None:
    assert call(b"x" * (MAX_BODY_BYTES + 1)) == 413
    assert call(ALERT, body="%%%") == 413
    assert call(ALERT, requestContext={"http": {"method": "GET"}}) == 405
    assert call(ALERT, requestContext=None) == 405
    assert lines(logs) == []


def test_other_news_of_github_is_taken_and_left(logs: Any) -> None:
    assert call({"zen": "Design for failure."}, event="ping") == 200
    assert call(ALERT, event="push") == 204
    assert call({**ALERT, "action": "resolved"}) == 204
    assert call(b"{") == 400
    assert call(b"[1]") == 204
    assert lines(logs) == []


FORM = "application/x-www-form-urlencoded"


def form(payload: Any) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


@pytest.mark.slow
def test_a_form_which_is_githubs_default_is_read_as_well(logs: Any) -> None:
    assert call(form({"zen": "x"}), event="ping", kind=FORM) == 200
    assert call(form(ALERT), kind=FORM) == 202
    assert call(form(ALERT), kind=f"{FORM}; charset=utf-8") == 202
    assert [line["repository"] for line in lines(logs)] == [ALERT["repository"]["full_name"]] * 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"payload=%7B", FORM),
        (b"other=1", FORM),
        (b"payload=1&payload=2", FORM),
        (b"", FORM),
        (b"&".join([b"a=1"] * 50), FORM),
        (b"\xff", "application/json"),
        (json.dumps({"zen": "x"}).encode(), FORM),
    ],
)
def test_a_delivery_that_cannot_be_read_fails_already_as_a_ping(logs: Any, body: bytes, kind: str) -> None:
    assert call(body, event="ping", kind=kind) == 400
    assert call(body, kind=kind) == 400
    assert lines(logs) == []


def test_a_text_body_is_understood_too(logs: Any) -> None:
    body = json.dumps(ALERT)
    headers = {
        "x-hub-signature-256": "sha256=" + hmac.new(KEY.encode(), body.encode(), hashlib.sha256).hexdigest(),
        "x-github-event": "secret_scanning_alert",
    }
    assert call(ALERT, body=body, isBase64Encoded=False, headers=headers) == 202
    assert len(lines(logs)) == 1


@pytest.mark.parametrize("number", [True, 0, -1, 10**300, "42", None])
def test_what_is_no_number_of_an_alert_is_left_out(number: object) -> None:
    line = finding({**ALERT, "alert": {**ALERT["alert"], "number": number}}, "d")
    assert line is not None
    assert line["alert"] is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=6,
)


@hypothesis_settings(
    max_examples=fewer(200),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(
    st.dictionaries(st.sampled_from(sorted(ALERT)), JSON),
    st.dictionaries(st.sampled_from(sorted(ALERT["alert"])), JSON),
)
def test_whatever_a_signed_body_holds_its_secret_is_not_written_and_its_line_is_small(
    changes: dict[str, Any], of_the_alert: dict[str, Any]
) -> None:
    alert = {**ALERT["alert"], **of_the_alert, "secret": SECRET}
    line = finding({**ALERT, "alert": alert, **changes}, "x" * 1000)
    assert SECRET not in json.dumps(line)
    assert len(json.dumps(line)) < 4_000
