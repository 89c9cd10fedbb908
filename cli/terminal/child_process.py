"""A program that a command runs, and waits for whatever the person types."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

# Between two words about a program that says nothing itself.
TICK_SECONDS = 1.0


def waited(
    command: Sequence[str],
    stdout: IO[str] | None = None,
    folder: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> int:
    """The exit code. FileNotFoundError where there is no such program. `variables`: beside those of this process.

    Ctrl-C reaches the program as well: the engine then ends what it began and gives the stack's lock back, which takes
    as long as its last step. `subprocess.run` would kill it after a quarter of a second, and the lock would stay.
    KeyboardInterrupt comes once it has ended.
    """
    process = subprocess.Popen(command, stdout=stdout, cwd=folder, env={**os.environ, **(variables or {})})  # noqa: S603
    stopped: KeyboardInterrupt | None = None
    while process.poll() is None:
        try:
            process.wait()
        except KeyboardInterrupt as error:
            stopped = error
    if stopped:
        raise stopped
    return process.returncode


def captured(
    command: Sequence[str], variables: Mapping[str, str], progress: Callable[[float], object] | None = None
) -> str:
    """What a program prints, whose errors are not wanted; the rest as `ended` has it."""
    return ended(command, variables, progress)[1]


def ended(
    command: Sequence[str],
    variables: Mapping[str, str],
    progress: Callable[[float], object] | None = None,
    stderr: int = subprocess.DEVNULL,
) -> tuple[int, str]:
    """Its exit code, and what it prints. `progress`: told the seconds so far, about once in each; the program ends with
    what that raises. `stderr`: where that goes, as `subprocess` has it.

    Of something that only asks, Ctrl-C waits for nothing. FileNotFoundError where there is no such program.
    """
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        errors="replace",
        env=dict(variables),
    )
    try:
        while True:
            try:
                said = process.communicate(timeout=TICK_SECONDS)[0]
            except subprocess.TimeoutExpired:
                if progress:
                    progress(time.monotonic() - began)
            else:
                return process.returncode, said
    except BaseException:
        process.kill()
        process.communicate()
        raise
