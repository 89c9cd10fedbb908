"""A company's files in its folder: all of them, or none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cli.terminal.errors import CommandError


def place(files: Mapping[str, str], folder: Path) -> list[str]:
    """Write what is not there yet; the paths that were. A file that is there already, and says something else, is
    somebody's: CommandError names each, and nothing is written."""
    theirs = [path for path, text in files.items() if (folder / path).exists() and not _same(folder / path, text)]
    if theirs:
        said = "\n".join(f"{path}: is there already, and is another one" for path in sorted(theirs))
        raise CommandError(f"{said}\nnothing was written; move them away, or take an empty folder")
    new = {path: text for path, text in files.items() if not (folder / path).exists()}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".init-") as scratch:
        for path, text in new.items():
            file = Path(scratch) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        placed: list[Path] = []
        try:
            for path in new:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(Path(scratch) / path, target)  # fails where somebody has put one there meanwhile
                placed.append(target)
        except OSError as error:
            for target in placed:
                target.unlink(missing_ok=True)
            raise CommandError(f"{error.filename2 or error.filename}: {error.strerror}; nothing was written") from None
    return sorted(new)


def _same(file: Path, text: str) -> bool:
    try:
        return file.is_file() and file.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False
