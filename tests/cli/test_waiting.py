"""Ctrl-C, and an engine that takes its time to end in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.stacks import PROJECT
from tests.terminal import typed

# Says that it runs, and that it was asked to end; ends when it is told to.
ENGINE = """#!/usr/bin/env python3
import os, signal, sys
asked = []
def ask(*_):
    asked.append(1)
    os.write(2, b"asked\\n")
signal.signal(signal.SIGINT, ask)
os.write(2, b"runs\\n")
sys.stdin.readline()
open("ended", "w").write("in order" if asked else "unasked")
sys.exit(7)
"""
SECONDS = 60
PROGRAM = "from cli.terminal.child_process import waited; print(waited(['./engine']))"


def started(folder: Path, *command: str) -> subprocess.Popen[str]:
    (folder / "engine").write_text(ENGINE, encoding="utf-8")
    (folder / "engine").chmod(0o755)
    (folder / "pulumi").symlink_to("engine")
    path = f"{folder}:{os.environ['PATH']}"
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    kill = threading.Timer(SECONDS, process.kill)  # it waits for a word, and so do we
    kill.daemon = True
    kill.start()
    return process


def said(process: subprocess.Popen[str], word: str) -> None:
    assert process.stderr
    while line := process.stderr.readline():
        if line.strip() == word:
            return
    raise AssertionError(word)


def test_the_engine_is_waited_for_after_ctrl_c_and_ends_in_order(tmp_path: Path) -> None:
    process = started(tmp_path, "-c", PROGRAM)
    said(process, "runs")
    os.killpg(process.pid, signal.SIGINT)
    said(process, "asked")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1)  # four times what `subprocess.run` grants
    out, err = process.communicate("\n")
    assert (tmp_path / "ended").read_text(encoding="utf-8") == "in order"
    assert out == ""
    assert "KeyboardInterrupt" in err


def test_without_ctrl_c_it_ends_as_the_engine_does(tmp_path: Path) -> None:
    process = started(tmp_path, "-c", PROGRAM)
    assert process.communicate("\n")[0] == "7\n"


def test_a_change_of_level_that_is_stopped_says_what_holds_and_what_to_do(project: Path) -> None:
    incident = ("--incident", "INC-7", "--reason", "A key was committed", "--yes")
    process = started(project, "-m", "cli", "set-level", "-s", "dev", "trial", "suspended", *incident)
    said(process, "runs")
    os.killpg(process.pid, signal.SIGINT)
    said(process, "asked")
    out, err = process.communicate("\n")
    assert (process.returncode, err) == (130, "rollout: stopped\n")
    assert "stopped: Pulumi.dev.yaml says suspended, and of the update is done what the engine printed" in out
    assert "next: run the same command again" in out
    assert (project / "ended").read_text(encoding="utf-8") == "in order"


# As the engine's display for terminals does: the key is read as one, and goes to nobody else.
TAKES_KEYS = """#!/usr/bin/env python3
import os, sys, tty
if sys.argv[1] == "up":
    if "--non-interactive" not in sys.argv:
        tty.setraw(0)
    os.write(1, b"runs\\n")
    try:
        os.read(0, 1)
    except KeyboardInterrupt:
        pass
    sys.exit(1)
sys.exit(3)
"""


def test_ctrl_c_on_a_terminal_reaches_us_as_well_as_the_engine(project: Path) -> None:
    (project / "pulumi").write_text(TAKES_KEYS, encoding="utf-8")
    (project / "pulumi").chmod(0o755)
    incident = ["--incident", "INC-7", "--reason", "A key was committed", "--yes"]
    variables = {**os.environ, "PATH": f"{project}:{os.environ['PATH']}"}
    with typed(["set-level", "-s", "dev", "trial", "restricted", *incident], project, variables) as command:
        command.until("runs")
        code, said = command.ctrl_c()
    assert code == 130, said
    assert "stopped: Pulumi.dev.yaml says restricted, and of the update is done what the engine printed" in said
