"""One at a time on a folder's files: the second is told who has them, waits, and is let in whatever ends the first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.stack_file.file_lock import NAME, locked
from tests.cli.conftest import Command
from tests.stacks import PROJECT

HOLD = "import sys; from pathlib import Path; from cli.stack_file.file_lock import locked\nwith locked(Path()): print('has it', flush=True); sys.stdin.readline()"
ADD = ("add-member", "-s", "dev", "trial", "yuki.mori@acme.example", "--name", "Yuki", "--team", "data", "--yes")


def begun(folder: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def held(folder: Path) -> Generator[subprocess.Popen[str]]:
    process = begun(folder, "-c", HOLD)
    try:
        assert process.stdout
        assert process.stdout.readline() == "has it\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def told(process: subprocess.Popen[str]) -> str:
    assert process.stderr
    return process.stderr.readline()


@pytest.mark.parametrize("end", ["in order", "killed"])
def test_the_second_is_told_who_has_the_files_and_waits_until_that_one_ends(project: Path, end: str) -> None:
    with held(project) as first:
        second = begun(project, "-m", "cli", *ADD)
        said = told(second)
        assert said.startswith("waiting for ")
        assert f"`rollout` (process {first.pid}, since 20" in said
        before = (project / "Pulumi.dev.yaml").read_bytes()
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(timeout=1)
        assert (project / "Pulumi.dev.yaml").read_bytes() == before
        if end == "killed":
            first.kill()
        else:
            first.communicate("\n")
        out, err = second.communicate(timeout=240)
    assert (second.returncode, err) == (0, ""), "it says that once"
    assert "yuki.mori@acme.example" in out
    assert not (project / NAME).exists()


def test_ctrl_c_ends_the_wait_in_order_and_changes_nothing(project: Path) -> None:
    before = (project / "Pulumi.dev.yaml").read_bytes()
    with held(project):
        second = begun(project, "-m", "cli", *ADD)
        assert told(second).startswith("waiting for ")
        second.send_signal(signal.SIGINT)
        out, err = second.communicate(timeout=240)
    assert (second.returncode, out, err) == (130, "", "rollout: stopped\n")
    assert (project / "Pulumi.dev.yaml").read_bytes() == before


def test_a_hundred_at_once_lose_nothing(tmp_path: Path) -> None:
    """Whoever ends takes the file away, under those who wait for it."""
    add = "from pathlib import Path; from cli.stack_file.file_lock import locked\nfor _ in range(25):\n with locked(Path(), say=lambda _: None):\n  n = Path('n'); n.write_text(str(int(n.read_text()) + 1))"
    (tmp_path / "n").write_text("0", encoding="utf-8")
    several = [begun(tmp_path, "-c", add) for _ in range(4)]
    assert [each.communicate(timeout=600)[1] for each in several] == [""] * 4
    assert (tmp_path / "n").read_text(encoding="utf-8") == "100"


def test_what_is_part_of_another_command_does_not_wait_for_itself(tmp_path: Path) -> None:
    with locked(tmp_path) as first, locked(tmp_path) as second:
        assert (first, second) == (False, False)
        assert json.loads((tmp_path / NAME).read_text(encoding="utf-8"))["pid"] == os.getpid()
    assert not (tmp_path / NAME).exists()


def test_a_link_in_its_place_is_refused(project: Path, rollout: Command) -> None:
    (project / NAME).symlink_to(project / "Pulumi.prod.yaml")
    before = (project / "Pulumi.prod.yaml").read_bytes()
    ended = rollout(*ADD)
    assert ended.code == 1
    assert NAME in ended.err
    assert (project / "Pulumi.prod.yaml").read_bytes() == before
