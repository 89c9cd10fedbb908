"""A stack file changed by a command: judged first, shown as a diff, and written whole or not at all."""

from __future__ import annotations

import codecs
import difflib
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.stack_file.files import config_in, readable
from cli.stack_file.yaml_text import edited
from cli.terminal.errors import CommandError
from cli.terminal.text import text_of
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load


def change_stack_file(path: Path, change: Callable[[Any], object]) -> tuple[str, str, Rollout]:
    """(the diff, the new text, what it describes) of a change that the file's own judge lets pass; nothing is written.

    Raises StackFileError with every mistake that the changed file would have.
    """
    before = text_of(path)
    after = changed(path, before, change)
    rollout = judged(after, path.parent, path.name)
    return difference(path.name, before, after), after, rollout


def changed(path: Path, text: str, change: Callable[[Any], object]) -> str:
    """StackFileError where the text is no YAML."""
    config_in(text, path.name)
    return edited(text, change)


def judged(text: str, folder: Path, name: str = "the stack file") -> Rollout:
    """What a text describes, rosters in `folder`, secrets unread."""
    return load(readable(config_in(text, name) or {}), folder, datetime.now(UTC))


def difference(name: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), name, name, n=1)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def write_if_unchanged(path: Path, before: str, text: str) -> None:
    """Also with the lock, which a person's editor does not know. CommandError where the file is not as it was read."""
    if text_of(path) != before:
        raise CommandError(f"{path.name}: changed by somebody else since it was read; nothing was written")
    write(path, text)


def write(path: Path, text: str) -> None:
    """Whole or not at all: a new file beside it takes its place, with its rights, its line ends, and the mark by which
    Excel knows UTF-8."""
    require_writable(path)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    was = path.read_bytes() if path.exists() else b""
    if "\r" not in text and _ends_lines_as_windows(was):
        text = text.replace("\n", "\r\n")
    if was.startswith(codecs.BOM_UTF8):
        text = f"\ufeff{text.removeprefix(chr(0xFEFF))}"
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def require_writable(path: Path) -> None:
    """CommandError where its owner made it read-only, or where a new file would take a device's place or a link's; one
    that is not there yet may be written."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise CommandError(f"{path}: not a file of its own; nothing was written")
    if path.exists() and not path.stat().st_mode & 0o222:
        raise CommandError(f"{path.name}: read-only; nothing was written")


def _ends_lines_as_windows(content: bytes) -> bool:
    return 2 * content.count(b"\r\n") > content.count(b"\n")
