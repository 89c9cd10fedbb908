"""The engine's build takes minutes; whoever waits for it hears that it goes on."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sandbox.engine import find

BUILD = """
import sys, time
for number in range(3):
    print(f"package{number}", file=sys.stderr, flush=True)
    time.sleep(0.3)
"""


def test_a_build_that_says_nothing_for_long_is_spoken_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "SECONDS_PER_LINE", 0.05)
    said: list[str] = []
    with subprocess.Popen([sys.executable, "-c", BUILD], stderr=subprocess.PIPE) as build:
        assert find.counted(build, said.append) == b"package2\n"
    assert said
    assert all("packages of about" in line and line.endswith(" s") for line in said)
