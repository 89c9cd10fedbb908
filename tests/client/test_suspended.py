"""At suspended nothing is sent, and a person is told why at once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

from rollout.levels import Level
from rollout.sign_in import PROFILE
from tests.client.deployed import Deployed
from tests.client.laptop import Laptop
from tests.engine import world as worlds
from tests.engine.test_levels import set_level
from tests.engine.world import World

SAID = "Claude Code is suspended (INC-7). Nothing you typed was sent."
NO_CREDENTIALS = "API Error: Could not load credentials from any providers"


def test_a_prompt_is_answered_with_the_reason_and_nothing_is_asked_of_aws(pilot: Deployed, alice: Laptop) -> None:
    pilot.give(alice, Level.SUSPENDED)
    session = alice.runs("-p", "hello", "--settings", json.dumps({"disableAllHooks": True}))
    assert session.output.startswith(f"Operation stopped by hook: {SAID}")
    assert (session.errors, session.bedrock) == ("", [])


def test_a_person_at_the_terminal_sees_the_reason_under_the_banner_and_at_each_prompt(
    pilot: Deployed, alice: Laptop
) -> None:
    pilot.give(alice, Level.SUSPENDED)
    stopped = "Operation stopped by hook"
    session = alice.runs(typed=[("Bedrock", "hello\r"), (stopped, "again\r"), (stopped, "")])
    assert session.code == 0, session.output
    # A terminal program moves the cursor where it has a blank.
    before, _, after = "".join(session.output.split()).partition("hello")
    for shown in (before, after):
        assert "".join(SAID.split()) in shown
    assert session.bedrock == []


@pytest.mark.parametrize("shared", ["", "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n"])
def test_a_session_without_hooks_has_no_credentials_and_says_so_without_trying_again(
    pilot: Deployed, alice: Laptop, shared: str
) -> None:
    pilot.give(alice, Level.SUSPENDED)
    (alice.home / ".aws").mkdir()
    for name in ("config", "credentials"):
        (alice.home / ".aws" / name).write_text(shared, encoding="utf-8")
    exported = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_BEARER_TOKEN_BEDROCK": "x"}
    session = alice.runs("-p", "hello", "--bare", exported=exported)
    assert (session.code, session.output.strip()) == (1, NO_CREDENTIALS)
    assert session.bedrock == []


@pytest.fixture
def suspended(onboarded: World, tmp_path: Path) -> Generator[World]:
    """The cohort suspended by the engine; no Mac has heard of it yet."""
    with worlds.running(worlds.again(onboarded, tmp_path / "world")) as world:
        yield world
        world.settle()  # everybody is being told


def test_a_machine_that_has_not_heard_yet_is_refused_by_aws(pilot: Deployed, alice: Laptop, suspended: World) -> None:
    session_before = alice.home / "session.json"
    session_before.write_text(json.dumps(suspended.sign_in(alice.login, "pilot")), encoding="utf-8")
    set_level(suspended, "suspended")
    suspended.up()
    late = Laptop(folder=alice.folder / "late", etc=alice.etc, world=suspended, claude=alice.claude, login=alice.login)
    shutil.copy2(session_before, late.home)
    document = pilot.settings(Level.ACTIVE)
    kept = f"[profile {PROFILE}]\ncredential_process = cat {late.home}/{session_before.name}\n"
    pilot.install(late, document, aws_profile=kept)
    session = late.runs("-p", "hello", exported={"CLAUDE_CODE_MAX_RETRIES": "0"})
    assert session.code == 1
    assert "explicit deny" in session.output
    assert session.bedrock == [(f"/model/{document['model']}/invoke-with-response-stream", 403)]
