"""One sign-in for all sessions of the real client, and the person's own AWS profiles in its Bash."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rollout.levels import Level
from rollout.macs import credential_helper
from rollout.macs.commit_guard import File
from rollout.macs.places import PLACES, Platform
from rollout.macs.sign_in import aws_profile
from sandbox.settings import REGION
from tests.client import told
from tests.client.deployed import COHORT, ENDPOINTS, Deployed
from tests.client.laptop import Laptop

ANY_MODE = "--dangerously-skip-permissions"
OWN = """[profile dev]
region = eu-west-1
aws_access_key_id = AKIADEV
aws_secret_access_key = own
[default]
region = eu-north-1
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = own
"""
ASK = "import botocore.session as b; s = b.Session({profile}); print(s.get_credentials().access_key, s.get_config_variable('region'))"


def installed(pilot: Deployed, laptop: Laptop, level: Level = Level.ACTIVE) -> Path:
    """All that a Mac gets, with what signs in; where Okta's client writes that it opened a browser."""
    process = pilot.world.signing_in(COHORT)["credential_process"]
    files = credential_helper.files(pilot.rollout, COHORT, Platform.LINUX, process)
    profile = aws_profile(REGION, credential_helper.command(Platform.LINUX, process))
    pilot.install(laptop, pilot.settings(level), aws_profile=profile)
    for file in (*files, File(path=PLACES[Platform.LINUX].aws_config, content=profile, mode=0o644)):
        path = laptop.managed / Path(file.path).relative_to(PLACES[Platform.LINUX].folder)
        path.parent.mkdir(exist_ok=True)
        path.write_text(file.content, encoding="utf-8")
        path.chmod(file.mode)
    program = laptop.home / "bin" / "okta-aws-cli"
    program.rename(program.with_name("signs-in"))
    browser = laptop.home / "browser"
    program.write_text(f'#!/bin/sh\necho opened >> {browser}\nexec "$(dirname "$0")/signs-in" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return browser


def refused(laptop: Laptop, browser: Path) -> None:
    """From now on Okta does not let the person in, in okta-aws-cli's words."""
    said = "Error: Okta API returned an error: User is not assigned to the client application."
    program = laptop.home / "bin" / "okta-aws-cli"
    program.write_text(f"#!/bin/sh\necho opened >> {browser}\necho '{said}' >&2\nexit 1\n", encoding="utf-8")


def test_three_sessions_of_the_client_are_one_sign_in(pilot: Deployed, alice: Laptop) -> None:
    browser = installed(pilot, alice)
    for _ in range(3):
        session = alice.asks("hello")
        assert (session.code, session.errors) == (0, "")
        assert session.answer.startswith("The sandbox read prompt")
        for socket in alice.folder.glob("[0-9]*"):  # the cell's ways out, which the next session makes anew
            socket.unlink()
    assert browser.read_text() == "opened\n"


@pytest.mark.parametrize("level", [Level.ACTIVE, Level.RESTRICTED])
def test_a_command_has_the_persons_own_profiles_and_claude_calls_bedrock_with_the_cohorts(
    pilot: Deployed, alice: Laptop, level: Level
) -> None:
    installed(pilot, alice, level)
    (alice.home / ".aws").mkdir()
    (alice.home / ".aws" / "config").write_text(OWN, encoding="utf-8")
    mine = f'{sys.executable} -c "{ASK.format(profile="profile=" + repr("dev"))}"'
    default = f'{sys.executable} -c "{ASK.format(profile="")}"'
    exported = {"AWS_PROFILE": "dev", "AWS_REGION": "eu-west-3"}
    allowed = [ANY_MODE] if level is Level.ACTIVE else ["--allowedTools", "Bash"]
    session = alice.asks(told.bash(mine, default, "env | grep ^AWS_ | sort"), *allowed, exported=exported)
    assert (session.code, session.errors) == (0, "")
    if level is Level.ACTIVE:
        own, of_default, left = session.tool_results
        assert own == "AKIADEV eu-west-1"
        assert of_default == "AKIADEFAULT eu-north-1"
        # Where the sandbox answers stands in for AWS's own addresses, which the hook takes away by their value.
        url = pilot.world.settings.aws_url
        sandboxed = [f"{name}={url}" for name in ENDPOINTS if name.startswith("AWS_")]
        assert sorted(left.split()) == sorted([f"AWS_ENDPOINT_URL={url}", *sandboxed])
    assert {status for path, status in session.bedrock if path.startswith("/model/")} == {200}
    assert set(session.invoked) <= set(pilot.profile_arns.values())


def test_a_person_who_is_cut_reads_at_the_terminal_whom_to_ask(pilot: Deployed, alice: Laptop) -> None:
    browser = installed(pilot, alice)
    refused(alice, browser)
    typed = [("Bedrock", "hello\r"), ("not let in", "")]
    session = alice.runs(typed=typed, exported={"CLAUDE_CODE_MAX_RETRIES": "1"})
    shown = "".join(session.output.split())  # a terminal program moves the cursor where it has a blank
    assert "Okta or AWS refused claude-code-pilot".replace(" ", "") in shown
    assert "ask in #engineering-alerts".replace(" ", "") in shown
    assert browser.read_text() == "opened\n"
    assert session.bedrock == []


def test_a_run_without_a_terminal_opens_one_browser_however_often_it_tries_again(
    pilot: Deployed, alice: Laptop
) -> None:
    browser = installed(pilot, alice)
    refused(alice, browser)
    session = alice.runs("-p", "hello", exported={"CLAUDE_CODE_MAX_RETRIES": "2"})
    assert session.code == 1
    assert "ould not load" in session.output
    assert (browser.read_text(), session.bedrock) == ("opened\n", [])
