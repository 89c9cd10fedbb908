"""Every attack of `attacks`, on both clients at each of its levels: stopped, or known to work; and that what is said to
stop it does, for without it the attack works."""

from __future__ import annotations

import copy
import sys
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from rollout.levels import Level
from tests.client import sink
from tests.client.attacks import ATTACKS, Attack, Bedrock, Trial
from tests.client.attacks_page import Seen
from tests.client.deployed import Deployed
from tests.client.installed import Client
from tests.client.laptop import Laptop
from tests.client.sink import Sink

CASES = [pytest.param(attack, level, id=f"{attack.name}-{level}") for attack in ATTACKS for level in attack.levels]
# With its ten retries the client waits minutes for an address that does not answer.
ONCE = {"CLAUDE_CODE_MAX_RETRIES": "0"}
STOPPED_BY_A_KEY = [
    pytest.param(attack, client, id=f"{client}-{attack.name}")
    for attack in ATTACKS
    if attack.without
    for client in attack.works_without
]


@pytest.fixture
def elsewhere(alice: Laptop) -> Generator[Sink]:
    with sink.listening(alice.folder) as found:
        alice.also.append(found.port)
        yield found


def tried(
    attack: Attack, document: dict[str, Any], pilot: Deployed, laptop: Laptop, elsewhere: Sink, client: Client
) -> bool:
    """Whether it worked."""
    words = {
        "{home}": str(laptop.home),
        "{project}": str(laptop.project),
        "{sink}": elsewhere.url,
        "{socket}": str(elsewhere.socket),
        "{python}": sys.executable,
        **{f"{{{label}}}": arn for label, arn in pilot.profile_arns.items()},
    }

    def filled(text: str) -> str:
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    for name, text in attack.files.items():
        file = laptop.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(filled(text), encoding="utf-8")
        file.chmod(0o755 if text.startswith("#!") else 0o600)
    if attack.telemetry:
        document = reporting_to(elsewhere, document)
    bedrock = {Bedrock.SANDBOX: None, Bedrock.AWS: "", Bedrock.SINK: elsewhere.url}[attack.bedrock]
    pilot.install(laptop, document, bedrock=bedrock)
    exported = {**ONCE, **{name: filled(value) for name, value in attack.exported.items()}}
    if attack.bedrock is Bedrock.AWS:
        exported = {"AWS_ENDPOINT_URL": "", **exported}
    typed = attack.typed_of.get(client, attack.typed)
    if typed or attack.arguments:
        session = laptop.runs(*(attack.arguments or ()), typed=list(typed), exported=exported)
    else:
        session = laptop.asks(
            filled(attack.asked_of.get(client, attack.prompt)), *map(filled, attack.flags), exported=exported
        )
    return attack.worked(Trial(pilot=pilot, laptop=laptop, sink=elsewhere, session=session))


def reporting_to(elsewhere: Sink, document: dict[str, Any]) -> dict[str, Any]:
    """The company's collector, at an address that the cell reaches."""
    env = {
        name: f"{elsewhere.url}{value.removeprefix('https://otel.acme.example')}"
        if name.endswith("ENDPOINT") and name.startswith("OTEL")
        else value
        for name, value in document["env"].items()
    }
    return {**document, "env": env}


def undelayed(pilot: Deployed) -> Deployed:
    """Nothing is stopped by the delay at `throttled`, which each attack would wait for."""
    throttle = pilot.rollout.throttle.model_copy(update={"delay_seconds": 0})
    return replace(pilot, rollout=pilot.rollout.model_copy(update={"throttle": throttle}))


@pytest.mark.sampled("client", "level", "attack", keep=8)
@pytest.mark.parametrize(("attack", "level"), CASES)
def test_an_attack_is_stopped_where_the_page_says_so(
    pilot: Deployed, alice: Laptop, elsewhere: Sink, client: Client, seen: Seen, attack: Attack, level: Level
) -> None:
    world = undelayed(pilot.with_telemetry() if attack.telemetry else pilot)
    worked = tried(attack, world.settings(level), world, alice, elsewhere, client)
    seen[attack.name, client, level] = not worked
    assert worked != attack.is_stopped(client, level)


@pytest.mark.sampled("client", "attack", keep=4)
@pytest.mark.parametrize(("attack", "client"), STOPPED_BY_A_KEY, indirect=["client"])
def test_an_attack_works_without_what_is_said_to_stop_it(
    pilot: Deployed, alice: Laptop, elsewhere: Sink, client: Client, attack: Attack
) -> None:
    world = undelayed(pilot.with_telemetry() if attack.telemetry else pilot)
    document = copy.deepcopy(world.settings(attack.levels[0]))
    assert attack.without
    attack.without(document)
    assert tried(attack, document, world, alice, elsewhere, client)
