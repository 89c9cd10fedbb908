"""A policy's script on a Mac that is a folder: what it would write under `/` goes under the folder.

The script runs as whoever runs the sandbox, so it runs only if it has a place for that folder: a line `root=`. It is
written there, and not into the environment, which a script that runs as root must not believe.
"""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sandbox.jamf.store import Json

SECONDS = 20
LONGEST_OUTPUT = 4000
LARGEST_FILE = 1 << 20
MOUNT_POINT = "/"
UNAWARE = "The sandbox runs only scripts with a line `root=`, and $root before the paths they write."


@dataclass(frozen=True, kw_only=True)
class Result:
    succeeded: bool
    output: str


def root_of(home: Path, serial: str) -> Path:
    return home / serial / "root"


def beneath(root: Path, contents: str) -> str | None:
    """The script, writing beneath this folder; None for one that has no place to say so."""
    line = f"root={shlex.quote(str(root))}"
    script, count = re.subn(r"^root=$", lambda _: line, contents, count=1, flags=re.MULTILINE)
    return script if count else None


def run_script(root: Path, contents: str, arguments: tuple[str, ...]) -> Result:
    """As `jamf policy` does: mount point, computer name, user name, and parameters 4 to 11."""
    text = beneath(root, contents)
    if text is None:
        return Result(succeeded=False, output=UNAWARE)
    root.mkdir(parents=True, exist_ok=True)
    script = root.parent / "script"
    script.write_text(text, encoding="utf-8")
    try:
        done = subprocess.run(
            ["/bin/sh", str(script), MOUNT_POINT, *arguments],
            cwd=root,
            env={"PATH": os.defpath, "HOME": str(root), "TMPDIR": str(root.parent)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired:
        return Result(succeeded=False, output=f"It did not end within {SECONDS} seconds.")
    finally:
        script.unlink(missing_ok=True)
    output = (done.stdout + done.stderr).decode(errors="replace")
    return Result(succeeded=done.returncode == 0, output=output[-LONGEST_OUTPUT:])


def files(root: Path) -> list[Json]:
    """What is on the Mac beyond macOS."""
    found: list[Json] = []
    for path in sorted(root.rglob("*")) if root.exists() else []:
        if path.is_file() and not path.is_symlink():
            text = path.read_bytes()[:LARGEST_FILE].decode(errors="replace")
            mode = f"{stat.S_IMODE(path.stat().st_mode):04o}"
            found.append({"path": f"/{path.relative_to(root)}", "mode": mode, "content": text})
    return found
