"""One sign-in for all processes of a person, and what it runs."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import botocore.session
import pytest
from rollout_credentials.config import Config

from rollout.macs.credential_helper import settings
from rollout.macs.sign_in import PROFILE, aws_profile
from tests.sign_in.world import PROCESS, SECRET, Answer, Machine, alive, answered, kept_text, profile_line, rollout


def test_fifty_processes_at_once_are_one_sign_in(mac: Machine) -> None:
    mac.tells(seconds=1)
    answers = [answered(process) for process in [mac.starts() for _ in range(50)]]
    assert {(answer.code, answer.error) for answer in answers} == {(0, "")}
    assert len({answer.out for answer in answers}) == 1
    assert mac.opened == 1


def test_the_next_hour_needs_no_browser_and_no_okta_aws_cli(mac: Machine) -> None:
    first = mac.asks()
    (mac.tools / "okta-aws-cli").unlink()
    assert mac.asks() == first
    assert mac.asks("cached") == first


def test_awss_own_client_takes_it_from_the_installed_profile(mac: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    config = mac.folder / "aws-config"
    config.write_text(aws_profile("us-east-1", profile_line(mac)), encoding="utf-8")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(mac.home))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    found = botocore.session.Session(profile=PROFILE).get_credentials()
    assert found is not None
    assert (found.access_key, found.secret_key, found.token) == (mac.asks().key, SECRET, "token")
    assert mac.opened == 1


def test_with_less_than_five_minutes_left_there_is_a_new_one(mac: Machine) -> None:
    mac.keep(kept_text(got_minutes=-54.5, ends_minutes=5.5))
    assert mac.asks().key == "ASIAKEPT"
    mac.keep(kept_text(got_minutes=-55.5, ends_minutes=4.5))
    assert mac.asks().key != "ASIAKEPT"
    assert mac.opened == 2


def test_what_is_over_is_gone_after_the_next_call(mac: Machine) -> None:
    mac.keep(kept_text(got_minutes=-61, ends_minutes=-1))
    answer = mac.asks("cached")
    assert (answer.code, answer.out) == (1, "")
    assert mac.kept == []


def test_cached_never_signs_in(mac: Machine) -> None:
    assert mac.asks("cached").code == 1
    assert mac.opened == 0


def test_a_session_from_before_a_cut_is_not_handed_out_after_the_resume(mac: Machine) -> None:
    mac.asks()
    mac.configure(dead_before=int(time.time()) + 1)
    mac.asks()
    assert mac.opened == 2


def test_after_a_resume_a_session_that_is_shorter_than_was_asked_for_is_kept_as_well(mac: Machine) -> None:
    mac.configure(dead_before=int(time.time()) - 60)
    mac.tells(minutes=15)
    mac.asks()
    mac.asks()
    assert mac.opened == 1


def test_again_signs_in_whatever_is_kept(mac: Machine) -> None:
    first = mac.asks().key
    assert mac.asks("again") == Answer(0, "", "")
    assert mac.asks().key != first
    assert mac.opened == 2


def test_signing_in_for_somebody_who_looks_on_prints_no_session(mac: Machine) -> None:
    for _ in range(2):
        assert mac.asks("sign-in") == Answer(0, "", "")
    assert mac.asks().code == 0
    assert mac.opened == 1


def test_another_role_has_another_session(mac: Machine) -> None:
    mac.asks()
    mac.configure(key="f" * 24)
    mac.asks()
    assert mac.opened == len(mac.kept) == 2


def waiting(mac: Machine) -> int:
    """The process id of an okta-aws-cli that waits for somebody."""
    while not mac.opened:
        time.sleep(0.02)
    return int((mac.tools / "opened").read_text().split()[-1])


def test_one_that_is_killed_half_way_leaves_nothing_in_the_way(mac: Machine) -> None:
    mac.tells(seconds=60)
    killed = mac.starts()
    browser = waiting(mac)
    killed.kill()
    answered(killed)
    mac.tells(seconds=None)
    assert mac.asks().code == 0
    assert sorted(file.suffix for file in mac.cache.iterdir()) == [".lock", ".session"]
    os.kill(browser, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_that_is_ended_ends_okta_aws_cli_with_it(mac: Machine, number: signal.Signals) -> None:
    mac.tells(seconds=60)
    ended = mac.starts()
    browser = waiting(mac)
    ended.send_signal(number)
    answer = answered(ended)
    assert (answer.code, answer.out, answer.error) == (130, "", "")
    assert not alive(browser)
    assert [file.suffix for file in mac.cache.iterdir()] == [".lock"]


def test_nobodys_own_settings_of_okta_aws_cli_count(mac: Machine) -> None:
    theirs = {"OKTA_AWSCLI_OPEN_BROWSER_COMMAND": "evil", "AWS_PROFILE": "mine", "AWS_ACCESS_KEY_ID": "x", "LANG": "C"}
    mac.asks(environment=theirs)
    *seen, folder = (mac.tools / "environment").read_text().splitlines()
    assert folder == "/"
    assert [line for line in seen if line.startswith(("OKTA_", "AWS_"))] == []
    assert "LANG=C" in seen
    assert (mac.tools / "arguments").read_text().split() == PROCESS.split()[1:]


def test_the_configured_program_is_the_one_that_is_run(mac: Machine, tmp_path: Path) -> None:
    other = tmp_path / "opt"
    other.mkdir()
    (mac.tools / "okta-aws-cli").rename(other / "okta-aws-cli")
    mac.configure(okta_aws_cli=other / "okta-aws-cli")
    assert mac.asks().code == 0
    mac.configure(okta_aws_cli=other / "nowhere")
    answer = mac.asks("again")
    assert answer.error == (
        f"Claude Code cannot sign in: there is no okta-aws-cli at {other}/nowhere; "
        "ask whoever runs Claude Code at acme\n"
    )


def test_what_is_delivered_is_what_is_read() -> None:
    stack = rollout(mac={"okta_aws_cli": "/opt/okta tools/okta-aws-cli"}, session_minutes=45)
    told = Config(settings(stack, "pilot", PROCESS))
    assert told.arguments == PROCESS.split()[1:]
    assert (told.program, told.role, told.session_seconds) == (
        "/opt/okta tools/okta-aws-cli",
        "claude-code-pilot",
        2700,
    )
    assert (told.ask, told.dead_before) == ("ask whoever runs Claude Code at acme", 0)


def test_whoever_is_let_in_again_gets_the_line_below_which_sessions_are_dead() -> None:
    cohort = {"pilot": {**rollout().model_dump(mode="json", exclude_none=True)["cohorts"]["pilot"]}}
    cohort["pilot"]["sessions_valid_from"] = "2026-11-22T11:00:00Z"
    told = Config(settings(rollout(cohorts=cohort), "pilot", PROCESS))
    assert told.dead_before == int(datetime(2026, 11, 22, 11, tzinfo=UTC).timestamp())
