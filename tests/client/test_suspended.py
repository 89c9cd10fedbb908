"""At suspended nothing is sent, and a person is told why at once."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import pytest

from rollout.levels import Level
from rollout.macs.sign_in import PROFILE
from tests.client.conftest import ALICE
from tests.client.deployed import COHORT, Deployed
from tests.client.installed import Client
from tests.client.laptop import Laptop
from tests.engine import world as worlds
from tests.engine.access.test_levels import set_level
from tests.engine.world import World

SAID = "Claude Code is suspended (INC-7). Nothing you typed was sent."
# --bare leaves out hooks in the one and not in the other.
WITHOUT_HOOKS = {
    Client.FLOOR: (1, "API Error: Could not load credentials from any providers"),
    Client.NEWEST: (0, f"Operation stopped by hook: {SAID}"),
}


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
def test_a_session_without_hooks_sends_nothing_and_says_why_without_trying_again(
    pilot: Deployed, alice: Laptop, client: Client, shared: str
) -> None:
    pilot.give(alice, Level.SUSPENDED)
    (alice.home / ".aws").mkdir()
    for name in ("config", "credentials"):
        (alice.home / ".aws" / name).write_text(shared, encoding="utf-8")
    exported = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "x", "AWS_BEARER_TOKEN_BEDROCK": "x"}
    session = alice.runs("-p", "hello", "--bare", exported=exported)
    code, said = WITHOUT_HOOKS[client]
    assert session.code == code
    assert session.output.strip().startswith(said)
    assert session.bedrock == []


@pytest.fixture(scope="module")
def suspended(onboarded: World, tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[World, dict[str, Any]]]:
    """The cohort suspended by the engine, and a session of Alice's from before; no Mac has heard of it yet."""
    with worlds.running(worlds.again(onboarded, tmp_path_factory.mktemp("suspended") / "world")) as world:
        session_before = world.sign_in(ALICE, COHORT)
        set_level(world, "suspended")
        world.up()
        yield world, session_before
        world.settle()  # everybody is being told


# What a person sees until the machine has heard; the newest client leaves out AWS's words.
REFUSED = {Client.FLOOR: "explicit deny", Client.NEWEST: "AWS authentication failed"}


def test_a_machine_that_has_not_heard_yet_is_refused_by_aws(
    pilot: Deployed, alice: Laptop, client: Client, suspended: tuple[World, dict[str, Any]]
) -> None:
    world, session_before = suspended
    late = Laptop(folder=alice.folder / "late", etc=alice.etc, world=world, claude=alice.claude, login=alice.login)
    file = late.home / "session.json"
    file.write_text(json.dumps(session_before), encoding="utf-8")
    document = pilot.settings(Level.ACTIVE)
    pilot.install(late, document, aws_profile=f"[profile {PROFILE}]\ncredential_process = cat {file}\n")
    session = late.runs("-p", "hello", exported={"CLAUDE_CODE_MAX_RETRIES": "0"})
    assert session.code == 1
    assert REFUSED[client] in session.output
    # The newest asks once more, with the credentials read anew.
    assert set(session.requests) == {(f"/model/{document['model']}/invoke-with-response-stream", 403)}
