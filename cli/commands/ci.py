"""`rollout ci`: the scripts that a CI system calls, of the program as it is installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cli.terminal.errors import CommandError
from rollout.model.errors import nearest

FOLDER = Path(__file__).resolve().parents[2] / "ci"


def scripts() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.is_file() and not path.suffix)


def run(name: str, arguments: list[str]) -> int:
    """In place of this process: its exit code is the script's. It finds this Python, and what lies beside it."""
    if name not in scripts():
        raise CommandError(f"no such script: {name}; {nearest(name, scripts())}")
    beside = str(Path(sys.executable).parent)
    environment = {**os.environ, "PYTHON": sys.executable, "PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"}
    sys.stdout.flush()
    os.execve("/bin/sh", ["/bin/sh", str(FOLDER / name), *arguments], environment)  # noqa: S606
