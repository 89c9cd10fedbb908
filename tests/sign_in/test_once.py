"""One sign-in for all processes of a person, and what is kept of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollout_credentials import keychain, session, store
from rollout_credentials.config import Config

from rollout.access import residual
from rollout.macs.credential_helper import MINUTES_BEYOND_SESSION, settings
from rollout.macs.sign_in import PROFILE, aws_profile
from tests.sign_in.world import (
    PROCESS,
    SECRET,
    Answer,
    Machine,
    alive,
    answered,
    kept_text,
    machine,
    profile_line,
    rollout,
)


@pytest.fixture
def mac(tmp_path: Path) -> Machine:
    return machine(tmp_path)


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


@pytest.mark.parametrize(
    "what",
    [
        "",
        "\n",
        "session-1",
        "session-1\nnan\nnan\na\nb\nc\nd\n",
        "session-1\n0\ninf\na\nb\nc\nd\n",
        "x" * 20_000,
        "\x00" * 100,
        '{"Version": 1}',
    ],
)
def test_what_is_no_session_is_not_handed_out_and_does_not_stand_in_the_way(mac: Machine, what: str) -> None:
    mac.keep(what)
    assert mac.asks().code == 0
    assert mac.opened == 2


@pytest.mark.parametrize(
    ("got", "ends"), [(0, 600), (10, 70), (-700, 60), (0, 1e9)], ids=["too long", "future", "clock set back", "never"]
)
def test_a_session_that_no_clock_allows_is_not_handed_out(mac: Machine, got: float, ends: float) -> None:
    text = kept_text().split("\n")
    now = time.time()
    text[1:3] = [str(now + got * 60), str(now + ends * 60)]
    mac.keep("\n".join(text))
    assert mac.asks().key != "ASIAKEPT"


@pytest.mark.parametrize(
    "how", ["somebody else's", "readable by others", "link", "second name", "pipe", "quotes within"]
)
def test_a_file_that_is_not_the_persons_alone_is_taken_away_unread(mac: Machine, tmp_path: Path, how: str) -> None:
    path, elsewhere = mac.keep(kept_text()), tmp_path / "elsewhere"
    elsewhere.write_text(kept_text())
    elsewhere.chmod(0o600)
    if how == "somebody else's":
        if os.geteuid():
            pytest.skip("only root gives a file away")
        os.chown(path, 12345, 12345)
    elif how == "readable by others":
        path.chmod(0o644)
    else:
        path.unlink()
    if how == "link":
        path.symlink_to(elsewhere)
    elif how == "second name":
        path.hardlink_to(elsewhere)
    elif how == "pipe":
        os.mkfifo(path, 0o600)
    elif how == "quotes within":
        path.write_text(kept_text(key='A", "Version": "2'))
        path.chmod(0o600)
    assert mac.asks().key.isalnum()
    assert mac.opened == 2
    assert "ASIAKEPT" in elsewhere.read_text()
    assert (path.stat().st_mode & 0o777, path.is_symlink(), path.stat().st_nlink) == (0o600, False, 1)


@pytest.mark.parametrize("how", ["readable by others", "link", "file"])
def test_a_folder_that_is_not_the_persons_alone_is_not_used(mac: Machine, tmp_path: Path, how: str) -> None:
    mac.cache.parent.mkdir()
    if how == "readable by others":
        mac.cache.mkdir(mode=0o755)
        mac.cache.chmod(0o755)
    elif how == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        mac.cache.symlink_to(tmp_path / "elsewhere")
    else:
        mac.cache.touch(mode=0o600)
    answer = mac.asks()
    assert (answer.code, answer.out, mac.opened) == (1, "", 0)
    assert answer.error.startswith(f"Claude Code cannot sign in: {mac.cache}: ")
    assert answer.error.endswith("; remove it\n")


def test_where_nothing_can_be_kept_no_browser_opens(mac: Machine) -> None:
    """A limit on a file's size stands for a full disk."""
    line = ["/bin/sh", "-c", f'ulimit -f 4; exec "{mac.entry}"']
    result = subprocess.run(line, env={"HOME": str(mac.home)}, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, mac.opened) == (1, "", 0)
    assert result.stderr.startswith(f"Claude Code cannot sign in: no session could be kept in {mac.cache}: ")
    assert [file.suffix for file in mac.cache.iterdir()] == [".lock"]


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


# A keychain, as far as it is asked: commands come on stdin, and a line that is too long is cut.
SECURITY = """#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/argv"
read -r command words
case $command in
add-generic-password) echo "${words##*-w }" > "$here/item" ;;
find-generic-password) [ -f "$here/item" ] && cat "$here/item" || { echo "could not be found" >&2; exit 0; } ;;
delete-generic-password) rm -f "$here/item" ;;
esac
"""


@pytest.fixture
def kept_in_keychain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> store.Store:
    program = tmp_path / "security"
    program.write_text(SECURITY, encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(store, "SECURITY", str(program))
    monkeypatch.setenv("HOME", str(tmp_path))
    return store.Store(Config(settings(rollout(), "pilot", PROCESS)))


def made(token: str = "token", minutes: int = 60) -> session.Session:
    return session.Session(["ASIAQ", SECRET, token, "2026-11-23T12:00:00Z"], time.time() + minutes * 60)


def keep(kept: store.Store, found: session.Session) -> None:
    room = kept.reserved()
    kept.keep(room, found)
    room.give_back()


def test_where_there_is_a_keychain_it_is_kept_there_and_nowhere_else(
    kept_in_keychain: store.Store, tmp_path: Path
) -> None:
    keep(kept_in_keychain, made())
    found = kept_in_keychain.live()
    assert found is not None
    assert json.loads(found.printed)["SecretAccessKey"] == SECRET
    assert list((tmp_path / ".cache" / "claude-code-rollout").iterdir()) == []
    assert set((tmp_path / "argv").read_text().splitlines()) == {"-i"}  # no secret in an argument


def test_a_session_that_is_over_leaves_the_keychain(kept_in_keychain: store.Store, tmp_path: Path) -> None:
    keep(kept_in_keychain, made(minutes=4))
    assert kept_in_keychain.live() is None
    assert not (tmp_path / "item").exists()


def test_a_file_from_when_the_keychain_was_locked_does_not_outlive_the_next_sign_in(
    kept_in_keychain: store.Store,
) -> None:
    keep(kept_in_keychain, made("t" * 4000))  # which the keychain does not take
    keep(kept_in_keychain, made("newer"))
    found = kept_in_keychain.live()
    assert found is not None
    assert json.loads(found.printed)["SessionToken"] == "newer"


@pytest.mark.parametrize("behind", [0, 4])
def test_a_laptop_whose_clock_is_some_minutes_slow_keeps_its_session(mac: Machine, behind: int) -> None:
    text, now = kept_text().split("\n"), time.time()
    text[1:3] = [str(now), str(now + (60 + behind) * 60)]
    mac.keep("\n".join(text))
    assert mac.asks().key == "ASIAKEPT"


def test_a_line_that_lies_ahead_for_one_member_signs_nobody_out() -> None:
    told = Config(settings(rollout(), "pilot", PROCESS))
    now = time.time()
    text = session.Session(["A", "B", "C", "D"], now + 3000, now).kept
    told.dead_before = int(now) + 3600
    assert session.live(text, told) is not None
    told.dead_before = int(now)
    assert session.live(text, told) is None


@pytest.mark.parametrize("token", ["t" * 4000], ids=["longer than a line of the keychain's"])
def test_what_the_keychain_does_not_take_is_kept_in_the_file(
    kept_in_keychain: store.Store, tmp_path: Path, token: str
) -> None:
    keep(kept_in_keychain, made(token))
    found = kept_in_keychain.live()
    assert found is not None
    assert json.loads(found.printed)["SessionToken"] == token
    assert len(list((tmp_path / ".cache" / "claude-code-rollout").glob("*.session"))) == 1
    assert keychain.text_of(str(tmp_path / "security"), "0") is None


@given(
    got=st.floats(-1e5, 1e5),
    lasts=st.floats(-1e5, 1e5),
    seconds=st.integers(900, 43_200),
    line=st.integers(-9999, 9999),
)
def test_nothing_is_handed_out_that_outlives_its_session(got: float, lasts: float, seconds: int, line: int) -> None:
    """What `rollout.access.residual` counts on."""
    now = time.time()
    told = Config(settings(rollout(), "pilot", PROCESS))
    told.session_seconds, told.dead_before = seconds, int(now) + line
    text = session.Session(["A", "B", "C", "D"], now + got + lasts, now + got).kept
    if found := session.live(text, told):
        assert found.ends - now > session.LEAST_SECONDS - 60
        assert found.ends - now <= seconds + session.CLOCK_SECONDS + session.SKEW_SECONDS
    assert residual.CACHE_MINUTES == MINUTES_BEYOND_SESSION == 0
    assert "--cache-access-token" not in PROCESS
