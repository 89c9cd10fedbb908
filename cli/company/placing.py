"""A company's files in its folder: all of them, or none."""

from __future__ import annotations

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
    if leading := sorted(path for path in files if _leads_away(folder, path)):
        said = "\n".join(f"{path}: a link leads out of {folder}" for path in leading)
        raise CommandError(f"{said}\nnothing was written; put a folder or a file in its place")
    new = {path: text for path, text in files.items() if not (folder / path).exists()}
    made: list[Path] = []
    try:
        for path, text in new.items():
            target = folder / path
            made += _folders(target.parent)
            with target.open("x", encoding="utf-8", newline="") as file:  # not over what somebody puts there meanwhile
                made.append(target)
                file.write(text)
    except BaseException as error:
        for path in reversed(made):
            path.unlink(missing_ok=True) if not path.is_dir() else path.rmdir()
        if isinstance(error, OSError):
            raise CommandError(f"{error.filename}: {error.strerror}; nothing was written") from None
        raise
    return sorted(new)


def _folders(folder: Path) -> list[Path]:
    """Makes it, and each above it that is not there yet; those, the outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _leads_away(folder: Path, path: str) -> bool:
    """Whether a link on the way, or the file itself, is one: whatever it leads to is not this folder's."""
    steps = [folder / Path(*Path(path).parts[:length]) for length in range(1, len(Path(path).parts) + 1)]
    return any(step.is_symlink() for step in steps)


def _same(file: Path, text: str) -> bool:
    try:
        return file.is_file() and file.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False
