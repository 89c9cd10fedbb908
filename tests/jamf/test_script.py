"""The script that a Mac runs, run: what it writes, what it leaves alone, what it takes away."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from rollout.macs.commit_guard import File
from rollout.macs.delivery import file_script
from sandbox.jamf.shell import beneath

FOLDER = "Library/Application Support/ClaudeCode"
SETTINGS = File(path=f"/{FOLDER}/managed-settings.json", mode=0o644, content='{"a": "$(touch x) `y` \' \\" ü"}\n')
GUARD = File(path=f"/{FOLDER}/commit_guard/main.py", content="", mode=0o755)
FILES = [GUARD, SETTINGS]
SHELLS = [shell for shell in ("sh", "dash", "bash", "zsh", "busybox") if shutil.which(shell)]


def run(
    root: Path,
    action: str,
    *,
    owner: str = "pilot",
    files: list[File] = FILES,
    shell: str = "sh",
    exported: Mapping[str, str] | None = None,
    gone: tuple[str, ...] = (),
) -> subprocess.CompletedProcess[str]:
    script = root.parent / "script.sh"
    text = beneath(root, file_script(owner, files, gone))
    assert text
    script.write_text(text, encoding="utf-8")
    command = [shell, *(["sh"] if shell == "busybox" else []), str(script), "/", "a Mac", "alice", action]
    environment = {"PATH": "/usr/bin:/bin", **(exported or {})}
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "mac").mkdir()
    return tmp_path / "mac"


def found(root: Path) -> dict[str, str]:
    """Modes by path beneath the folder."""
    return {
        str(file.relative_to(root / FOLDER)): oct(file.stat().st_mode & 0o777)
        for file in sorted((root / FOLDER).rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("shell", SHELLS)
def test_what_nothing_names_any_more_is_taken_away_once_the_rest_is_written_and_never_missed(
    root: Path, shell: str
) -> None:
    assert run(root, "apply", shell=shell).returncode == 0
    for _ in range(2):  # a second run finds nothing to take away
        done = run(root, "apply", shell=shell, files=[SETTINGS], gone=(GUARD.path, f"/{FOLDER}/aws-config"))
        assert (done.returncode, done.stderr) == (0, "")
        assert set(found(root)) == {"delivered-for", "managed-settings.json"}
    assert not (root / FOLDER / "commit_guard").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_files_are_written_to_the_letter_and_taken_away_without_a_trace(root: Path, shell: str) -> None:
    assert run(root, "apply", shell=shell).returncode == 0
    assert (root / FOLDER / "managed-settings.json").read_text(encoding="utf-8") == SETTINGS.content
    assert found(root) == {"commit_guard/main.py": "0o755", "delivered-for": "0o644", "managed-settings.json": "0o644"}
    assert run(root, "remove", shell=shell).returncode == 0
    assert not (root / FOLDER).exists()
    assert list(root.rglob("*")) == [root / "Library", root / "Library" / "Application Support"]


def test_what_is_right_already_is_not_written_again(root: Path) -> None:
    run(root, "apply")
    file = root / FOLDER / "managed-settings.json"
    before = file.stat().st_ino
    file.chmod(0o600)
    again = run(root, "apply")
    assert (again.stdout, file.stat().st_ino, oct(file.stat().st_mode & 0o777)) == ("", before, "0o644")


def test_what_somebody_changed_is_set_right(root: Path) -> None:
    run(root, "apply")
    file = root / FOLDER / "managed-settings.json"
    file.write_text("{}")
    assert "written: " in run(root, "apply").stdout
    assert file.read_text(encoding="utf-8") == SETTINGS.content


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(root: Path) -> None:
    elsewhere = root / "elsewhere"
    elsewhere.write_text("mine")
    (root / FOLDER).mkdir(parents=True)
    (root / FOLDER / "managed-settings.json").symlink_to(elsewhere)
    assert run(root, "apply").returncode == 0
    assert not (root / FOLDER / "managed-settings.json").is_symlink()
    assert elsewhere.read_text() == "mine"


def test_a_link_to_a_folder_is_replaced_and_nothing_is_moved_into_it(root: Path) -> None:
    elsewhere = root / "elsewhere"
    elsewhere.mkdir()
    (root / FOLDER).mkdir(parents=True)
    for name in ("managed-settings.json", "delivered-for"):
        (root / FOLDER / name).symlink_to(elsewhere)
    assert run(root, "apply").returncode == 0
    assert (root / FOLDER / "managed-settings.json").read_text(encoding="utf-8") == SETTINGS.content
    assert (root / FOLDER / "delivered-for").read_text() == "pilot\n"
    assert list(elsewhere.iterdir()) == []


def test_whose_files_they_are_is_not_written_through_a_link(root: Path) -> None:
    precious = root / "precious"
    precious.write_text("mine")
    (root / FOLDER).mkdir(parents=True)
    (root / FOLDER / "delivered-for").symlink_to(precious)
    assert run(root, "apply").returncode == 0
    assert precious.read_text() == "mine"
    assert (root / FOLDER / "delivered-for").read_text() == "pilot\n"


def test_what_could_not_be_written_whole_is_taken_away_all_the_same(root: Path) -> None:
    (root / FOLDER / "managed-settings.json").mkdir(parents=True)
    assert run(root, "apply").returncode == 1
    (root / FOLDER / "managed-settings.json").rmdir()
    assert run(root, "remove").returncode == 0
    assert not (root / FOLDER).exists()


def test_folders_that_were_there_are_closed_to_all_but_their_owner(root: Path) -> None:
    (root / FOLDER / "commit_guard").mkdir(parents=True)
    for folder in (root / FOLDER, root / FOLDER / "commit_guard"):
        folder.chmod(0o777)
    above = (root / FOLDER).parent
    above.chmod(0o775)
    assert run(root, "apply").returncode == 0
    modes = [oct(path.stat().st_mode & 0o777) for path in (above, root / FOLDER, root / FOLDER / "commit_guard")]
    assert modes == ["0o775", "0o755", "0o755"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files to others")
def test_what_root_writes_is_roots_whoever_had_it(root: Path) -> None:
    (root / FOLDER / "commit_guard").mkdir(parents=True)
    (root / FOLDER / "managed-settings.json").write_text(SETTINGS.content, encoding="utf-8")
    ours = (root / FOLDER, root / FOLDER / "commit_guard", root / FOLDER / "managed-settings.json")
    for path in ours:
        os.chown(path, 501, 20)
    run(root, "apply")
    assert {(path.stat().st_uid, path.stat().st_gid) for path in ours} == {(0, 0)}


@pytest.mark.parametrize("name", ["", "/commit_guard"])
def test_a_link_in_a_folders_place_is_replaced_and_not_followed(root: Path, name: str) -> None:
    elsewhere, folder = root / "elsewhere", root / f"{FOLDER}{name}"
    elsewhere.mkdir(mode=0o777)
    (elsewhere / "main.py").write_text("mine")
    folder.parent.mkdir(parents=True)
    folder.symlink_to(elsewhere)
    assert run(root, "apply").returncode == 0
    assert not folder.is_symlink()
    assert "managed-settings.json" in found(root)
    shutil.rmtree(folder)
    folder.symlink_to(elsewhere)
    (elsewhere / "delivered-for").write_text("pilot\n")
    assert run(root, "remove").returncode == 0
    assert {file.name: file.read_text() for file in elsewhere.iterdir()} == {
        "main.py": "mine",
        "delivered-for": "pilot\n",
    }


def test_nothing_of_the_environment_says_what_runs_or_where_it_writes(root: Path, tmp_path: Path) -> None:
    programs, elsewhere = tmp_path / "programs", tmp_path / "elsewhere"
    programs.mkdir()
    for name in ("mktemp", "base64", "id", "chmod", "mv", "cmp"):
        (programs / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\nexec /usr/bin/{name} \"$@\"\n")
        (programs / name).chmod(0o755)
    theirs = {"PATH": f"{programs}:/usr/bin:/bin", "CLAUDE_CODE_ROOT": str(elsewhere), "root": str(elsewhere)}
    assert run(root, "apply", exported=theirs).returncode == 0
    assert "managed-settings.json" in found(root)
    assert not (tmp_path / "ran").exists()
    assert not elsewhere.exists()


def test_a_failure_is_told_and_leaves_no_half_written_file(root: Path) -> None:
    (root / FOLDER / "managed-settings.json").mkdir(parents=True)
    failed = run(root, "apply")
    assert failed.returncode == 1
    assert "a folder is in the place of a file" in failed.stderr
    assert not list((root / FOLDER).rglob(".claude-code.*"))


def test_what_another_policy_has_written_since_stays(root: Path) -> None:
    run(root, "apply")
    run(root, "apply", owner="wave2")
    assert "nothing here is of this policy" in run(root, "remove").stdout
    assert "managed-settings.json" in found(root)


def test_a_folder_that_holds_something_else_stays(root: Path) -> None:
    run(root, "apply")
    (root / FOLDER / "notes.txt").write_text("a person's")
    assert run(root, "remove").returncode == 0
    assert found(root).keys() == {"notes.txt"}


@pytest.mark.parametrize("action", ["", "aply", "remove; rm -rf /"])
def test_another_action_does_nothing(root: Path, action: str) -> None:
    assert run(root, action).returncode == 64
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("path", ["managed-settings.json", "/Library/../etc/passwd", "/a\n/b", "/", "/a/"])
def test_only_plain_absolute_paths_are_written(path: str) -> None:
    with pytest.raises(ValueError, match="not an absolute path of a file"):
        file_script("pilot", [File(path=path, content="", mode=0o644)])


def test_only_modes_that_everybody_may_read() -> None:
    with pytest.raises(ValueError, match="/a: mode must be one of 0644, 0755: 4755"):
        file_script("pilot", [File(path="/a", content="", mode=0o4755)])
