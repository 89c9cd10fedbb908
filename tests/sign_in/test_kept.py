"""What is kept of a sign-in: only a session that lives, and only where nobody else reads or writes."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rollout_credentials import session
from rollout_credentials.config import Config

from rollout.access import residual
from rollout.macs.credential_helper import MINUTES_BEYOND_SESSION, settings
from tests.sign_in.world import PROCESS, Machine, kept_text, rollout


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
