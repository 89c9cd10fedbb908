"""The real client with the settings of a stack that has a gateway: it asks the gateway, as nobody but the person, and
AWS is asked nothing."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from rollout.levels import Level
from rollout.macs.commit_guard import File
from rollout.macs.places import PLACES, Platform
from rollout.macs.token_helper import ENTRY
from rollout.model.gateway import Gateway, GatewayKind
from tests.client import sink
from tests.client.deployed import Deployed
from tests.client.installed import Client
from tests.client.laptop import Laptop, Session
from tests.client.sink import Sink

URL = "https://claude.acme.example"
TOKEN = "id-token~access-token"
HELPER = File(
    path=f"{PLACES[Platform.LINUX].folder}/{ENTRY}",
    content=f'#!/bin/sh\n[ "$1" = token ] && echo {TOKEN} && echo asked >> "$HOME/asked"\n',
    mode=0o755,
)
# What a person may have exported that leads elsewhere, or says who they are.
EXPORTED = {
    "CLAUDE_CODE_USE_BEDROCK": "1",
    "ANTHROPIC_BASE_URL": "https://elsewhere.example",
    "ANTHROPIC_API_KEY": "sk-ant-own",
    "ANTHROPIC_AUTH_TOKEN": "own-token",
    "AWS_ACCESS_KEY_ID": "AKIAOWN",
    "AWS_SECRET_ACCESS_KEY": "own-secret",
    "AWS_REGION": "us-east-1",
}


def behind(pilot: Deployed, kind: GatewayKind) -> Deployed:
    gateway = Gateway(kind=kind, url=URL, role_arn="arn:aws:iam::123456789012:role/claude-gateway")
    return replace(pilot, rollout=pilot.rollout.model_copy(update={"gateway": gateway}))


@pytest.fixture
def gateway(alice: Laptop) -> Generator[Sink]:
    with sink.listening(alice.folder) as found:
        alice.also.append(found.port)
        yield found


def asks(pilot: Deployed, alice: Laptop, gateway: Sink, level: Level, **exported: str) -> Session:
    """With the settings as they are on a Mac, but for the gateway's address."""
    text = json.dumps(behind(pilot, GatewayKind.LITELLM).settings(level)).replace(URL, gateway.url)
    settings: dict[str, Any] = json.loads(text)
    # Its own AWS is the laptop's affair; with an address of AWS exported the newest client does not start.
    alice.receives(settings, HELPER)
    return alice.asks("hello", exported={"AWS_ENDPOINT_URL": "", "CLAUDE_CODE_MAX_RETRIES": "0", **exported})


@pytest.mark.parametrize("exported", [{}, EXPORTED], ids=["nothing", "another way"])
def test_the_gateway_is_asked_with_the_persons_token_and_aws_nothing(
    pilot: Deployed, alice: Laptop, gateway: Sink, exported: dict[str, str]
) -> None:
    session = asks(pilot, alice, gateway, Level.ACTIVE, **exported)
    prompts = [each for each in gateway.received if each.path.startswith("/v1/messages")]
    assert prompts, (session.output, session.errors)
    assert {each.headers.get("authorization") for each in prompts} == {f"Bearer {TOKEN}"}
    models = {json.loads(each.body)["model"] for each in prompts if each.body}
    rollout = pilot.rollout
    first = rollout.models[rollout.cohorts["pilot"].models[0]].foundation_model
    assert first.removeprefix("anthropic.").partition("-v1")[0] in models
    assert not gateway.saw("own-token")
    assert not any("own" in value for each in gateway.received for value in each.headers.values())
    assert session.bedrock == []


def test_at_suspended_no_prompt_leaves_the_machine(pilot: Deployed, alice: Laptop, gateway: Sink) -> None:
    session = asks(pilot, alice, gateway, Level.SUSPENDED)
    assert "suspended" in session.output + session.errors
    assert not gateway.saw("hello")
    assert not (alice.home / "asked").exists()


def test_whoever_has_not_signed_in_to_the_vendors_gateway_is_asked_to_and_nothing_is_sent(
    pilot: Deployed, alice: Laptop, gateway: Sink, client: Client
) -> None:
    text = json.dumps(behind(pilot, GatewayKind.CLAUDE_APPS).settings(Level.ACTIVE)).replace(URL, gateway.url)
    alice.receives(json.loads(text))
    for exported in ({}, {"ANTHROPIC_BASE_URL": gateway.url, "ANTHROPIC_API_KEY": "sk-ant-own"}):
        session = alice.asks("hello", exported={"AWS_ENDPOINT_URL": "", "CLAUDE_CODE_MAX_RETRIES": "0", **exported})
        assert session.code == 1
        assert not gateway.saw("hello")
        if client is Client.NEWEST:
            assert "/login" in session.output + session.errors
