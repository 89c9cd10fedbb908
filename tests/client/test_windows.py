"""The registry's value, as the real client reads it: on a Linux that takes itself for WSL, where it asks reg.exe.

What Windows itself does with it cannot be tried here. `reg.exe` is a script that prints what the real one prints.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rollout.levels import Level
from rollout.macs.places import POLICY_KEY
from rollout.macs.windows import registry_value
from tests.client.deployed import Deployed
from tests.client.laptop import Laptop

WSL = {"WSL_DISTRO_NAME": "Ubuntu"}
REG_EXE = """#!/bin/sh
case "$*" in *HKLM*ClaudeCode*) cat "{answer}" ;; *) exit 1 ;; esac
"""


def registry(laptop: Laptop, value: str) -> None:
    laptop.mnt = laptop.folder / "mnt"
    program = laptop.mnt / "c" / "Windows" / "System32" / "reg.exe"
    program.parent.mkdir(parents=True)
    answer = Path("/mnt/c/answer")
    key = POLICY_KEY.replace("HKLM", "HKEY_LOCAL_MACHINE")
    (laptop.mnt / "c" / "answer").write_bytes(f"\r\n{key}\r\n    Settings    REG_SZ    {value}\r\n\r\n".encode())
    program.write_text(REG_EXE.format(answer=answer), encoding="utf-8")
    program.chmod(0o755)


@pytest.mark.parametrize("level", [Level.ACTIVE, Level.RESTRICTED, Level.SUSPENDED])
def test_a_level_is_taken_whole_out_of_the_registrys_value(pilot: Deployed, alice: Laptop, level: Level) -> None:
    document = pilot.sandboxed(alice, pilot.settings(level))
    pilot.give(alice, level)
    (alice.managed / "managed-settings.json").unlink()
    registry(alice, registry_value({**document, "wslInheritsWindowsSettings": True}))
    session = alice.asks("hello", exported=WSL)
    assert (session.code, session.errors) == (0, "")
    if level is Level.SUSPENDED:
        assert session.requests == []
        assert "is suspended (INC-7)" in session.output
    else:
        [model] = set(session.invoked)
        assert model.replace("%3A", ":").replace("%2F", "/") == document["model"]
