"""What the settings bring about that is no attack's affair: the delay, prices, versions, servers, channels."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import replace
from typing import Any

import pytest

from rollout.levels import Level
from rollout.macs.commit_guard import File
from rollout.macs.forms import helper_answer, helper_file
from rollout.macs.places import PLACES, Platform
from rollout.model.macs import CommitGuardMode, McpServer
from tests.client import told
from tests.client.attacks import ANY_MODE, CACHED, MCP, SERVER, TOUCH
from tests.client.deployed import Deployed
from tests.client.installed import VERSIONS, Client
from tests.client.laptop import Laptop

LINUX = PLACES[Platform.LINUX]
DELAY_SECONDS = 3


def changed(pilot: Deployed, **parts: Any) -> Deployed:
    """The same, had the stack file other values: `part__key`."""
    rollout = pilot.rollout
    for name, value in parts.items():
        part, _, key = name.partition("__")
        held = getattr(rollout, part).model_copy(update={key: value})
        rollout = rollout.model_copy(update={part: held})
    return replace(pilot, rollout=rollout)


def test_at_throttled_the_requests_of_a_session_are_at_least_the_delay_apart(pilot: Deployed, alice: Laptop) -> None:
    changed(pilot, throttle__delay_seconds=DELAY_SECONDS).give(alice, Level.THROTTLED)
    session = alice.asks(told.bash("echo one", "echo two"))
    at = [call["at"] for call in session.calls if call["path"].startswith("/model/")]
    assert (session.errors, len(at)) == ("", 3)
    assert [later - sooner >= DELAY_SECONDS for sooner, later in itertools.pairwise(at)] == [True, True]


def test_at_suspended_nothing_waits_and_with_a_delay_of_nothing_neither_does_a_throttled_one(
    pilot: Deployed, alice: Laptop
) -> None:
    pilot.give(alice, Level.SUSPENDED)
    assert "sleep" not in json.dumps(pilot.settings(Level.SUSPENDED)["hooks"])
    assert alice.runs("-p", "hello").output.startswith("Operation stopped by hook")
    changed(pilot, throttle__delay_seconds=0).give(alice, Level.THROTTLED)
    assert alice.asks("hello").answer.startswith("The sandbox read prompt")


def test_the_newest_client_counts_a_session_at_the_stack_files_prices(
    pilot: Deployed, alice: Laptop, client: Client
) -> None:
    label = pilot.rollout.cohorts["pilot"].models[0]
    prices = {"input": 7, "output": 11, "cache_read": 1.5, "cache_write": 13}
    models = {**pilot.rollout.models, label: pilot.rollout.models[label].model_copy(update=prices)}
    priced = replace(pilot, rollout=pilot.rollout.model_copy(update={"models": models}))
    priced.give(alice, Level.ACTIVE)
    session = alice.asks("[tokens input=2000 output=500 cache_read=90000 cache_write=1000]")
    metered = (2000 * 7 + 500 * 11 + 90000 * 1.5 + 1000 * 13) / 1_000_000
    agrees = session.events[-1]["total_cost_usd"] == pytest.approx(metered)
    assert (session.errors, agrees) == ("", client is Client.NEWEST)


@pytest.mark.parametrize("level", [Level.ACTIVE, Level.SUSPENDED])
def test_a_client_older_than_the_stack_files_version_does_not_start(
    pilot: Deployed, alice: Laptop, client: Client, level: Level
) -> None:
    changed(pilot, claude__minimum_version="2.1.9999").give(alice, level)
    session = alice.runs("-p", "hello")
    assert session.code == 1
    assert VERSIONS[client] in session.errors + session.output
    assert session.bedrock == []


@pytest.mark.parametrize("level", [Level.ACTIVE, Level.RESTRICTED])
@pytest.mark.parametrize(
    ("listed", "at"),
    [
        (McpServer(command=("{python}", "{home}/mcp.py")), (Level.ACTIVE, Level.RESTRICTED)),
        (McpServer(command=("{python}", "{home}/other.py")), ()),
        (McpServer(name="x"), (Level.ACTIVE,)),
        (McpServer(name="y"), ()),
    ],
)
def test_of_a_persons_mcp_servers_those_are_started_that_the_stack_file_lists(
    pilot: Deployed, alice: Laptop, level: Level, listed: McpServer, at: tuple[Level, ...]
) -> None:
    def here(text: str) -> str:
        return text.replace("{python}", sys.executable).replace("{home}", str(alice.home))

    (alice.home / "mcp.py").write_text(MCP, encoding="utf-8")
    state = json.loads((alice.home / ".claude.json").read_text(encoding="utf-8"))
    state["mcpServers"] = json.loads(here(json.dumps(SERVER)))
    (alice.home / ".claude.json").write_text(json.dumps(state), encoding="utf-8")
    if listed.command:
        listed = McpServer(command=tuple(map(here, listed.command)))
    changed(pilot, claude__mcp_servers=(listed,)).give(alice, level)
    session = alice.asks("hello")
    assert (session.code, session.errors) == (0, "")
    assert (alice.home / "started").exists() == (level in at)


def test_a_guard_that_takes_too_long_stops_the_command_in_the_newest_client_where_it_is_to_fail_closed(
    pilot: Deployed, alice: Laptop, client: Client
) -> None:
    document = pilot.with_guard(CommitGuardMode.CLOSED).settings(Level.ACTIVE)
    document["hooks"]["PreToolUse"][0]["hooks"][0].update(command="/bin/sleep 60 || exit 2", timeout=1)
    pilot.install(alice, document)
    alice.asks(TOUCH, ANY_MODE)
    assert (alice.project / "made").exists() == (client is Client.FLOOR)


@pytest.mark.parametrize("level", [Level.ACTIVE, Level.RESTRICTED, Level.SUSPENDED])
def test_by_the_helper_a_level_is_taken_whole_and_no_file_in_a_home_lifts_it(
    pilot: Deployed, alice: Laptop, level: Level
) -> None:
    document = pilot.sandboxed(alice, pilot.settings(level))
    answer = f"#!/bin/sh\ncat <<'ANSWER'\n{helper_answer(document)}ANSWER\n"
    helper = File(path=LINUX.helper, content=answer, mode=0o755)
    profile = File(path=LINUX.aws_config, content=pilot.aws_profile, mode=0o644)
    alice.receives(json.loads(helper_file(LINUX, 5)), helper, profile)
    session = alice.asks("hello")
    assert (session.code, session.errors) == (0, "")
    assert (session.requests == []) == (level is Level.SUSPENDED)
    for name, text in CACHED.items():
        (alice.home / name).parent.mkdir(exist_ok=True)
        (alice.home / name).write_text(text, encoding="utf-8")
    lifted = alice.asks(TOUCH, ANY_MODE, exported={"CLAUDE_CODE_MAX_RETRIES": "0"})
    assert lifted.code == 1
    assert "remote managed settings" in lifted.errors + lifted.output
    assert not (alice.project / "made").exists()


def test_whoever_cannot_start_for_a_login_that_was_left_signs_out_and_can(pilot: Deployed, alice: Laptop) -> None:
    pilot.give(alice, Level.ACTIVE)
    (alice.home / ".claude").mkdir()
    login = ".claude/.credentials.json"
    (alice.home / login).write_text(CACHED[login], encoding="utf-8")
    assert alice.runs("-p", "hello").code == 1
    alice.runs("auth", "logout")
    session = alice.asks("hello")
    assert (session.code, session.errors) == (0, "")
