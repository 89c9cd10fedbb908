"""The commit guard as the client runs it, on a real repository."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

import pytest

from rollout import names
from rollout.levels import Level
from rollout.model.macs import CommitGuardMode
from tests.client import told
from tests.client.conftest import ALICE
from tests.client.deployed import COHORT, Deployed
from tests.client.laptop import Laptop
from tests.guard.world import PLANTED

KEY = PLANTED["aws_access_key_id"]
ANY_MODE = "--dangerously-skip-permissions"


@pytest.fixture
def repository(alice: Laptop) -> Laptop:
    (alice.home / ".gitconfig").write_text(f"[user]\nname = Alice\nemail = {ALICE}\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", alice.project], check=True)
    return alice


def commits(laptop: Laptop) -> int:
    printed = subprocess.run(
        ["git", "-C", laptop.project, "rev-list", "--all", "--count"], capture_output=True, text=True, check=True
    )
    return int(printed.stdout)


def findings(pilot: Deployed) -> list[dict[str, Any]]:
    """What guards reported, oldest first."""
    stream = {"logGroupName": names.FINDINGS_LOG_GROUP, "logStreamName": names.guard_stream(COHORT)}
    return pilot.world.aws("logs").get_log_events(**stream, startFromHead=True)["events"]


def test_a_commit_with_a_key_is_stopped_with_what_to_do_and_a_clean_one_is_made(
    pilot: Deployed, repository: Laptop
) -> None:
    pilot.give(repository, Level.ACTIVE)
    (repository.project / "deploy.sh").write_text(f"key={KEY}\n", encoding="utf-8")
    (repository.project / "clean.sh").write_text("echo hello\n", encoding="utf-8")
    asked = told.bash(
        "git add deploy.sh && git commit -m deploy",
        "git restore --staged deploy.sh",
        "git add clean.sh",
        "git commit -m x",
    )
    reported = len(findings(pilot))
    session = repository.asks(asked, ANY_MODE)
    stopped, *_, made = session.tool_results
    assert "The commit guard stopped this command: it would put a credential into git." in stopped
    assert "deploy.sh, line 1: aws_access_key_id" in stopped
    assert "clean.sh" in made
    assert (commits(repository), session.errors) == (1, "")
    deadline = time.monotonic() + 240  # the function behind the queue writes it
    while not (came := findings(pilot)[reported:]) and time.monotonic() < deadline:
        time.sleep(0.2)
    [event] = came
    assert json.loads(event["message"])["user"] == ALICE
    assert KEY not in event["message"]


@pytest.mark.parametrize("mode", [CommitGuardMode.OPEN, CommitGuardMode.CLOSED])
def test_without_its_script_an_open_guard_says_nothing_and_a_closed_one_stops_every_command(
    pilot: Deployed, repository: Laptop, mode: CommitGuardMode
) -> None:
    guarded = pilot.with_guard(mode)
    guarded.give(repository, Level.ACTIVE)
    (repository.managed / "commit-guard").unlink()
    session = repository.asks(told.bash("touch made"), ANY_MODE)
    assert session.errors == ""
    assert (repository.project / "made").exists() == (mode is CommitGuardMode.OPEN)
    assert ("hook error" in session.tool_results[0]) == (mode is CommitGuardMode.CLOSED)
