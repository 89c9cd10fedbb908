"""The script that puts files on a Mac, and takes them away again: `mac/files.sh` with what it is to write."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from rollout.macs.commit_guard import File

TEMPLATE = Path(__file__).parents[2] / "mac" / "files.sh"
MODES = (0o644, 0o755)


def fault(file: File) -> str | None:
    """Why a file is not put on a Mac."""
    if not re.fullmatch(r"(/[^/\x00-\x1f]+)+", file.path) or ".." in file.path.split("/"):
        return f"not an absolute path of a file: {file.path}"
    if file.mode not in MODES:
        return f"{file.path}: mode must be one of {', '.join(f'{mode:04o}' for mode in MODES)}: {file.mode:04o}"
    return None


def file_script(owner: str, files: Sequence[File], gone: Sequence[str] = ()) -> str:
    """POSIX sh. Parameter 4 says `apply` or `remove`.

    `owner`: whose files they are; what another owner has written since is not removed. `files`: in the order of
    writing, and the other way round when they go. `gone`: paths of what was here before and is taken away once all
    of it is written. Raises ValueError for one that must not be written.
    """
    if faults := [text for text in map(fault, files) if text]:
        raise ValueError("; ".join(faults))
    writes = [f"write {file.mode:04o} {shlex.quote(file.path)} {_encoded(file.content)}" for file in files]
    writes += [f"remove {shlex.quote(path)}" for path in gone]
    removes = [f"remove {shlex.quote(file.path)}" for file in reversed(files)]
    return (
        _template()
        .replace("@OWNER@", shlex.quote(owner))
        .replace("@WRITES@", "\n    ".join(writes))
        .replace("@REMOVES@", "\n    ".join(removes))
    )


def _encoded(content: str) -> str:
    """Quoted even where it is empty."""
    return f"'{base64.b64encode(content.encode()).decode()}'"


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")
