"""`rollout ci`: the scripts that a CI system calls, of the program as it is installed."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from cli.terminal.errors import CommandError
from rollout.model.errors import nearest

FOLDER = Path(__file__).resolve().parents[2] / "ci"


@dataclass(frozen=True)
class Script:
    """What stands after its name: how many words, and what they are."""

    least: int
    most: int
    words: str


SCRIPTS = {
    "prepare": Script(0, 0, ""),
    "preview": Script(3, 3, "STACK BASE OUT"),
    "review": Script(3, 4, "STACK BASE OUT [REPOSITORY]"),
    "comment": Script(3, 3, "STACK NUMBER FILE"),
    "deploy": Script(1, 1, "STACK"),
    "drift": Script(1, 1, "STACK"),
    "policies": Script(1, 1, "STACK"),
    "report": Script(2, 2, "STACK ADDRESS"),
}


def run(name: str, arguments: list[str]) -> int:
    """In place of this process: its exit code is the script's. It finds this Python, and what lies beside it."""
    if name not in SCRIPTS:
        raise CommandError(f"no such script: {name}; {nearest(name, SCRIPTS)}")
    wanted = SCRIPTS[name]
    if arguments[:1] in (["-h"], ["--help"]) or not wanted.least <= len(arguments) <= wanted.most:
        raise CommandError(f"{name} takes {wanted.words or 'nothing'}; docs/ci.md says what it does")
    beside = str(Path(sys.executable).parent)
    environment = {**os.environ, "PYTHON": sys.executable, "PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"}
    sys.stdout.flush()
    os.execve("/bin/sh", ["/bin/sh", str(FOLDER / name), *arguments], environment)  # noqa: S606
