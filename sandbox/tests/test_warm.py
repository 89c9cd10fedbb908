"""A plug-in starts from the sandbox's process where there is one, and the ordinary way where there is none."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox import warm
from sandbox.settings import PROJECT

LAUNCH = [sys.executable, "-I", "-S", str(PROJECT / "sandbox" / "launch.py")]


@contextmanager
def served(home: Path) -> Generator[None]:
    """The process that has the libraries loaded, as a child of another one with a single thread."""
    code = f"from pathlib import Path; from sandbox import warm; import os; os.waitpid(warm.fork_server(Path({str(home)!r})), 0)"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT)
    try:
        while not (home / warm.SOCKET).exists():
            assert parent.poll() is None
            time.sleep(0.05)
        time.sleep(0.05)
        yield
    finally:
        parent.kill()
        parent.wait()
        deadline = time.monotonic() + 60
        while (home / warm.SOCKET).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not (home / warm.SOCKET).exists(), "it outlived its parent"


def launched(home: Path, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [*LAUNCH, str(home), str(PROJECT), sys.executable, *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=600)


def test_a_module_gets_streams_and_arguments_and_gives_its_exit_code_either_way(tmp_path: Path) -> None:
    def check() -> None:
        good = launched(tmp_path, "json.tool", "--compact", stdin='{"a": 1}')
        assert (good.returncode, good.stdout) == (0, '{"a":1}\n')
        bad = launched(tmp_path, "json.tool", stdin="{")
        assert bad.returncode == 1
        assert "Expecting property name" in bad.stderr

    check()
    with served(tmp_path):
        check()


def test_a_module_started_from_it_has_the_callers_environment_and_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shows.py").write_text("import os; print(os.environ['COLOUR'], os.getcwd())\n", encoding="utf-8")
    monkeypatch.setenv("COLOUR", "green")
    monkeypatch.chdir(tmp_path)
    with served(tmp_path):
        result = launched(tmp_path, "shows")
    assert result.stdout == f"green {os.getcwd()}\n", result.stderr  # noqa: PTH109


def test_a_signal_to_the_launcher_reaches_the_module_and_its_death_ends_it(tmp_path: Path) -> None:
    (tmp_path / "waits.py").write_text(
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(60)\n",
        encoding="utf-8",
    )
    with served(tmp_path):
        for number, code in ((signal.SIGTERM, 7), (signal.SIGKILL, -signal.SIGKILL)):
            command = [*LAUNCH, str(tmp_path), str(PROJECT), sys.executable, "waits"]
            with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as launcher:
                assert launcher.stdout is not None
                pid = int(launcher.stdout.readline())
                launcher.send_signal(number)
                assert launcher.wait(timeout=60) == code
            deadline = time.monotonic() + 60
            while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert not Path(f"/proc/{pid}").exists()


def test_what_is_started_by_its_file_finds_nothing_of_the_project_either_way(tmp_path: Path) -> None:
    file = tmp_path / "alone.py"
    file.write_text(
        "import importlib.util, sys\nprint(importlib.util.find_spec('sandbox'), *sys.argv[1:])\n", encoding="utf-8"
    )

    def check() -> None:
        result = launched(tmp_path, str(file), "given")
        assert result.stdout == "None given\n", result.stderr

    check()
    with served(tmp_path):
        check()


def test_who_asks_while_the_libraries_are_being_loaded_waits_for_them(tmp_path: Path) -> None:
    """Loading them a second time would take longer: `served` is there once the socket is, before they are."""
    (tmp_path / "shows.py").write_text("import sys; print('pulumi_aws' in sys.modules)\n", encoding="utf-8")
    with served(tmp_path):
        command = [*LAUNCH, str(tmp_path), str(PROJECT), sys.executable, "shows"]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert result.stdout == "True\n", result.stderr
