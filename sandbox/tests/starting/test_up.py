"""`make up`, but for what it deploys."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.settings import Settings
from sandbox.up import alone
from sandbox.workspace import place_commands

HOLD = """
import sys, time
from pathlib import Path
from sandbox.settings import Settings
from sandbox.up import alone
with alone(Settings(home=Path(sys.argv[1]), aws_port=1, okta_port=2, jamf_port=3)):
    print("held", flush=True)
    time.sleep(0.5)
"""


def test_the_second_of_two_at_once_waits_for_the_first_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        began = time.monotonic()
        with alone(Settings(home=tmp_path, aws_port=1, okta_port=2, jamf_port=3)):
            assert time.monotonic() - began > 0.2
    assert capsys.readouterr().out == "another `make up` is at work here; waiting for it\n"
    with alone(Settings(home=tmp_path, aws_port=1, okta_port=2, jamf_port=3)):
        assert capsys.readouterr().out == ""


def test_its_commands_run_from_any_folder_by_any_shell(tmp_path: Path) -> None:
    place_commands(tmp_path)
    for name, word in (("sandbox", "notices"), ("rollout", "doctor")):
        said = subprocess.run(
            [tmp_path / name, "--help"],
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert word in said.stdout
