"""The script that puts files on a Mac, and takes them away again: `mac/files.sh` with what it is to write."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TEMPLATE = Path(__file__).parent.parent / "mac" / "files.sh"
MODES = ("0644", "0755")


@dataclass(frozen=True, kw_only=True)
class MacFile:
    """`path`: absolute. Owner is root."""

    path: str
    content: str
    mode: str = "0644"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(/[^/\x00-\x1f]+)+", self.path) or ".." in self.path.split("/"):
            raise ValueError(f"not an absolute path of a file: {self.path}")
        if self.mode not in MODES:
            raise ValueError(f"not one of {', '.join(MODES)}: {self.mode} ({self.path})")


def file_script(owner: str, files: Sequence[MacFile]) -> str:
    """POSIX sh. Parameter 4 says `apply` or `remove`.

    `owner`: whose files they are; what another owner has written since is not removed. `files`: in the order of
    writing, and the other way round when they go.
    """
    writes = [f"write {file.mode} {shlex.quote(file.path)} {_encoded(file.content)}" for file in files]
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
