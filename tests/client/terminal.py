"""A terminal for a program that talks to a person: types when it sees what it waits for, prints what was shown."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

ROWS, COLUMNS = 50, 200
SECONDS = 600
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?<>=]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[@-Z\\^_=>78])")


def plain(shown: bytes) -> str:
    """Without colours and cursor movements; a movement to the right is what the program writes for a space."""
    text = re.sub(r"\x1b\[\d*C", " ", shown.decode(errors="replace"))
    return _ESCAPES.sub("", text)


def run(command: list[str], environment: dict[str, str], typed: list[tuple[str, str]]) -> int:
    """For each pair: wait until the first is shown, then type the second. 0 if all were shown, 1 otherwise."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)  # noqa: S606 - there is none to want
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    shown, seen, deadline = b"", 0, time.monotonic() + SECONDS
    steps = list(typed)
    while steps and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 1 << 16)
            except OSError:  # the program left
                break
        if steps[0][0] in plain(shown)[seen:]:
            seen = len(plain(shown))
            os.write(terminal, steps.pop(0)[1].encode())
    os.kill(pid, signal.SIGKILL)
    sys.stdout.write(plain(shown))
    return 1 if steps else 0
