"""What of a sign-in the keychain keeps, and what the file does where it keeps nothing."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from rollout_credentials import keychain, session, store
from rollout_credentials.config import Config

from rollout.macs.credential_helper import settings
from tests.sign_in.world import PROCESS, SECRET, rollout

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
