"""A program that a command runs, and waits for whatever the person types."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO


def waited(command: Sequence[str], stdout: IO[str] | None = None, folder: Path | None = None) -> int:
    """The exit code. FileNotFoundError where there is no such program.

    Ctrl-C reaches the program as well: the engine then ends what it began and gives the stack's lock back, which takes
    as long as its last step. `subprocess.run` would kill it after a quarter of a second, and the lock would stay.
    KeyboardInterrupt comes once it has ended.
    """
    process = subprocess.Popen(command, stdout=stdout, cwd=folder)  # noqa: S603
    stopped: KeyboardInterrupt | None = None
    while process.poll() is None:
        try:
            process.wait()
        except KeyboardInterrupt as error:
            stopped = error
    if stopped:
        raise stopped
    return process.returncode
