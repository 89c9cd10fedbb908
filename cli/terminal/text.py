"""Files of people's, read with bounds: whatever is wrong with one is said in a line."""

from __future__ import annotations

from pathlib import Path

from cli.terminal.errors import CommandError

# A stack file of 100 cohorts of 100 people has about 2 MB.
MAX_BYTES = 10_000_000


def text_of(path: Path, most: int = MAX_BYTES, encoding: str = "utf-8", hint: str = "") -> str:
    """Its text; `hint`: what to do where it is too large. CommandError where it cannot be read."""
    try:
        if not path.is_file():
            reason = "a folder, not a file" if path.is_dir() else "no such file"
            raise CommandError(f"{path}: {reason}")  # neither a device nor a pipe, which never end
        if path.stat().st_size > most:
            raise CommandError(f"{path}: larger than {most:,} bytes{hint}")
        return path.read_text(encoding=encoding)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1} is none of it"
        raise CommandError(f"{path}: not UTF-8 text: {where}; save it as UTF-8") from None
