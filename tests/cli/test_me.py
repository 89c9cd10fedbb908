"""`rollout me`: a person's own figures, with whatever session they have."""

from __future__ import annotations

import json

import pytest

from cli.commands.me import run
from cli.terminal.errors import CommandError
from tests.macs.test_own_usage import SAID, USER_ID, Cloud, cloud

__all__ = ["cloud"]


@pytest.fixture
def signed_in(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "ASIAX",
        "AWS_SECRET_ACCESS_KEY": "S",
        "AWS_SESSION_TOKEN": "T",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": cloud.url,
        "NO_PROXY": "*",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return cloud


def test_the_session_at_hand_is_asked_for_its_own_item_alone(
    signed_in: Cloud, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(None, as_json=True) == 0
    told = json.loads(capfd.readouterr().out)
    assert {key: told[key] for key in SAID} == SAID
    [_, (_, asked)] = signed_in.asked
    assert json.loads(asked)["Key"] == {"id": {"S": f"me#{USER_ID}"}}


def test_who_is_refused_is_told_so(signed_in: Cloud, capfd: pytest.CaptureFixture[str]) -> None:
    signed_in.refuses = True
    assert run(None, as_json=False) == 1
    assert "your access may be cut" in capfd.readouterr().err


def test_without_a_session_or_with_an_unknown_profile_it_says_what_to_do(
    signed_in: Cloud,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(CommandError, match="no AWS session"):
        run("there-is-none", as_json=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(CommandError, match="no AWS session; sign in"):
        run(None, as_json=False)
