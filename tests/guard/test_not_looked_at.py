"""What the guard cannot look at: the stack file says whether it is let through, and the person is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.guard.world import PLANTED, Machine, machine, rollout

LET, STOP = 0, 2


@pytest.mark.parametrize("setting", ["open", "closed"])
@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"not json",
        b"[" * 100_000,
        b'"text"',
        b"[1]",
        b"\xff\xfe git",
        b'{"tool_name": "Bash"} git',
        b'{"tool_name": "Bash", "cwd": "/", "tool_input": {"command": 7}, "git": 1}',
        b'{"tool_name": "Bash", "cwd": null, "tool_input": {"command": "git commit"}}',
        b'{"tool_name": "Bash", "cwd": "/", "tool_input": "git commit"}',
        b'{"tool_name": "Bash", "cwd": "/", "tool_input": {"command": "git status"}, "x": "' + b"y" * 5_000_000 + b'"}',
    ],
)
def test_input_that_is_no_hooks_follows_the_setting(tmp_path: Path, setting: str, given: bytes) -> None:
    answer = machine(tmp_path, rollout(mac={"commit_guard": setting})).hook(given)
    if setting == "open":
        assert answer.code == LET
        assert "did not look" in json.loads(answer.out)["systemMessage"]
    else:
        assert answer.code == STOP
        assert "could not look" in answer.error
        assert answer.out == ""


@pytest.mark.parametrize(("setting", "code"), [("open", LET), ("closed", STOP)])
def test_a_repository_that_git_cannot_read_follows_the_setting(tmp_path: Path, setting: str, code: int) -> None:
    mac = machine(tmp_path, rollout(mac={"commit_guard": setting}))
    (mac.home / "repository/.git/index").write_bytes(b"broken")
    assert mac.bash("git commit -m x").code == code


@pytest.mark.parametrize(("setting", "code"), [("open", LET), ("closed", STOP)])
@pytest.mark.parametrize("command", ["cd $R && git commit -m x", 'git -C "$R" commit -m x'])
def test_a_folder_that_only_the_shell_knows_follows_the_setting(
    tmp_path: Path, setting: str, code: int, command: str
) -> None:
    mac = machine(tmp_path, rollout(mac={"commit_guard": setting}))
    answer = mac.bash(command)
    assert answer.code == code
    assert "it goes to a folder that only the shell knows" in answer.said
    assert mac.bash(f"{command} -m {PLANTED['github_token']}").code == STOP


@pytest.mark.parametrize(("setting", "code"), [("open", LET), ("closed", STOP)])
def test_a_mac_without_python_follows_the_setting_and_says_so(tmp_path: Path, setting: str, code: int) -> None:
    mac = machine(tmp_path, rollout(mac={"commit_guard": setting}))
    tools = tmp_path / "few"
    tools.mkdir()
    for name in ("sh", "head", "grep", "dirname", "git", "uname"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    bare = Machine(mac.folder, mac.home, str(tools))
    answer = bare.bash("git commit -m x")
    assert answer.code == code
    assert ("python3" in answer.error) == (code == STOP)
    assert bare.bash("git status").code == LET
    assert bare.bash("ls").code == LET


def test_without_its_settings_the_guard_stops_what_it_cannot_look_at(mac: Machine) -> None:
    (mac.folder / "commit-guard.json").unlink()
    assert mac.hook(b"not json").code == STOP
    assert mac.bash("git commit -m x").code == LET


def test_other_tools_and_folders_without_a_repository_are_let_through(mac: Machine) -> None:
    mac.stage("key", PLANTED["github_token"])
    assert mac.bash("git commit", tool_name="Read").code == LET
    assert mac.bash("git commit", cwd=str(mac.home)).code == LET
    assert mac.bash("git commit", cwd="/nonexistent").code == LET


@pytest.mark.parametrize(("setting", "code"), [("open", LET), ("closed", STOP)])
def test_what_cannot_be_looked_at_follows_the_setting_and_says_why(tmp_path: Path, setting: str, code: int) -> None:
    mac = machine(tmp_path, rollout(mac={"commit_guard": setting}))
    answer = mac.bash("make && git commit -m x")
    assert answer.code == code
    assert "look at all of this command" in answer.said
    assert "what `make` does before it is not known" in answer.said
    assert ("Run what comes before it by itself" in answer.error) == (code == STOP)
    mac.stage("key", PLANTED["github_token"] + "\n")
    assert mac.bash("make && git commit -m x").code == STOP
