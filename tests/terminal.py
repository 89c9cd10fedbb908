"""A command begun by somebody who sits at a terminal, up to the question it asks."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stacks import PROJECT

QUESTION = "[y/N] "
SECONDS = 900
# The first terminal that the first process of a session opens is the session's own: keys reach it, Ctrl-C with them.
ON_TERMINAL = 'terminal=$1; shift; exec "$@" <"$terminal" >"$terminal" 2>&1'
COLOURS = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True)
class Asked:
    """`said`: all it printed up to the question."""

    process: subprocess.Popen[bytes]
    keyboard: int
    said: str

    def answer(self, word: str) -> tuple[int, str]:
        """The exit code, and what was printed after the answer."""
        os.write(self.keyboard, f"{word}\n".encode())
        rest, _ = self.process.communicate(timeout=600)
        return self.process.returncode, rest.decode()

    def next(self, word: str) -> Asked:
        """What it asks once it has this answer."""
        os.write(self.keyboard, f"{word}\n".encode())
        return Asked(self.process, self.keyboard, _question(self.process))

    def send(self, signal: int) -> int:
        self.process.send_signal(signal)
        return self.process.wait(timeout=600)


@contextmanager
def asked(arguments: list[str], folder: Path, variables: Mapping[str, str]) -> Generator[Asked]:
    """`rollout` with these arguments, which must come to ask something."""
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments],
        cwd=folder,
        env={**variables, "PYTHONPATH": str(PROJECT)},
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield Asked(process, keyboard, _question(process))
    finally:
        process.kill()
        process.communicate()
        os.close(terminal)
        os.close(keyboard)


def _question(process: subprocess.Popen[bytes]) -> str:
    """All up to the next one; AssertionError where none comes."""
    assert process.stdout
    said = b""
    while not said.endswith(QUESTION.encode()):
        some = os.read(process.stdout.fileno(), 4096)
        assert some, said.decode()
        said += some
    return said.decode()


@dataclass(frozen=True)
class Typed:
    """A command on a terminal of its own, in a session of its own."""

    process: subprocess.Popen[bytes]
    keyboard: int

    def until(self, word: str | None) -> str:
        """What it prints up to a word, or to its end, without colours."""
        said = b""
        while word is None or word.encode() not in said:
            has_ended = self.process.poll() is not None
            if select.select([self.keyboard], [], [], 0.1)[0]:
                said += os.read(self.keyboard, 4096)
            elif has_ended:
                break
        return COLOURS.sub("", said.decode(errors="replace"))

    def answers(self, word: str) -> tuple[int, str]:
        """The same answer to each question that it asks: the exit code, and all that it printed."""
        said = self.until(QUESTION)
        while said.endswith(QUESTION):
            os.write(self.keyboard, f"{word}\n".encode())
            said += self.until(QUESTION)
        return self.process.wait(timeout=SECONDS), said

    def ctrl_c(self) -> tuple[int, str]:
        """The exit code, and what was printed from then on."""
        os.write(self.keyboard, b"\x03")
        said = self.until(None)
        return self.process.wait(timeout=SECONDS), said


@contextmanager
def typed(arguments: list[str], folder: Path, variables: Mapping[str, str]) -> Generator[Typed]:
    keyboard, terminal = pty.openpty()
    process = subprocess.Popen(
        ["sh", "-c", ON_TERMINAL, "sh", os.ttyname(terminal), sys.executable, "-m", "cli", *arguments],
        cwd=folder,
        env={**variables, "PYTHONPATH": str(PROJECT)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield Typed(process, keyboard)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
        os.close(keyboard)
