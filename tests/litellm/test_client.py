"""The real Claude Code at the real LiteLLM with the hook: its settings, its key from the delivered program."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rollout.macs import gateway_files
from rollout.macs.commit_guard import File
from rollout.macs.places import Platform
from rollout.macs.settings import managed_settings, whole_cohort
from rollout.macs.token_helper import SETTINGS
from rollout.model.client_versions import FLOOR
from rollout.model.rollout import Rollout
from tests.client import laptop
from tests.client.installed import Client, claudes_or_skip
from tests.client.laptop import Laptop
from tests.litellm.world import ACCOUNT, ALICE, Proxy, World, stack
from tests.sign_in.test_token import BROWSER


@pytest.fixture(scope="module")
def claudes() -> dict[Client, Path]:
    return claudes_or_skip("CLAUDE CODE DID NOT CALL LITELLM")


@pytest.fixture(params=list(Client), ids=str)
def alice(
    request: pytest.FixtureRequest, claudes: dict[Client, Path], world: World, gateway: Proxy, tmp_path: Path
) -> Generator[Laptop]:
    """Hers, with what an update would deliver. The sandbox's addresses stand for Okta's and the gateway's."""
    aws, okta, own = (int(url.rpartition(":")[2]) for url in (world.aws.url, world.okta.url, gateway.url))
    clouds: Any = SimpleNamespace(
        settings=SimpleNamespace(aws_port=aws, okta_port=okta, aws_url=world.aws.url),
        aws_control=lambda _: world.calls(),
    )
    with tempfile.TemporaryDirectory(prefix="laptop") as folder:
        made = Laptop(
            folder=Path(folder),
            etc=laptop.copy_of_etc(tmp_path / "etc"),
            world=clouds,
            claude=claudes[request.param],
            login=ALICE,
            also=[own],
        )
        rollout = either_starts()
        whole, arns = whole_cohort(rollout, "pilot"), world.profiles["pilot"]
        told = managed_settings(rollout, whole, arns, Platform.LINUX)
        assert told
        told["env"]["ANTHROPIC_BASE_URL"] = gateway.url
        files = gateway_files.files(rollout, ACCOUNT, Platform.LINUX)
        made.receives(told, *(_here(file, world) for file in files))
        browser = made.home / "bin" / "browser"
        words = {"python": sys.executable, "opened": str(made.home / "opened"), "login": ALICE, "decision": "allow"}
        browser.write_text(BROWSER.format(**words, okta=world.okta.url), encoding="utf-8")
        browser.chmod(0o755)
        yield made


def either_starts() -> Rollout:
    """The stack, of a company that lets the older client start too."""
    found = stack()
    return found.model_copy(update={"claude": found.claude.model_copy(update={"minimum_version": FLOOR})})


def _here(file: File, world: World) -> File:
    if not file.path.endswith(SETTINGS):
        return file
    return replace(file, content=file.content.replace("https://acme.okta.com", world.okta.url))


def exported(made: Laptop) -> dict[str, str]:
    return {"BROWSER": str(made.home / "bin" / "browser"), "CLAUDE_CODE_MAX_RETRIES": "0"}


def test_a_member_asks_and_is_answered_in_their_own_name_with_nothing_but_their_sign_in(
    world: World, alice: Laptop
) -> None:
    before = len(world.records())
    session = alice.asks("hello", "--model", "sonnet", exported=exported(alice))
    assert (session.code, session.answer[:23]) == (0, "The sandbox read prompt"), (
        session.errors + session.output[-2000:]
    )
    records = world.records()[before:]
    assert {record["identity"]["arn"].rpartition("/")[2] for record in records} == {ALICE}
    assert {record["modelId"] for record in records} <= set(world.profiles["pilot"].values())
    assert (alice.home / "opened").read_text(encoding="utf-8") == "x"


def test_who_is_suspended_reads_the_sentence(world: World, gateway: Proxy, alice: Laptop) -> None:
    document = stack().cohorts["pilot"].members
    members = {who: {"name": one.name, "team": one.team} for who, one in document.items()}
    incident = {"id": "INC-9", "since": "2026-11-02T00:00:00Z", "reason": "A laptop was stolen."}
    held = stack(members={**members, ALICE: {**members[ALICE], "level": "suspended", "incident": incident}})
    try:
        world.save(held)
        key, deadline = world.okta.key(ALICE), time.monotonic() + 60
        while gateway.ask(key).status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(1)
        session = alice.runs("-p", "hello", exported=exported(alice))
        assert session.code == 1
        assert "Claude Code is suspended (INC-9: A laptop was stolen)" in session.output + session.errors
        assert session.requests == []
    finally:
        world.reached(gateway, stack())
