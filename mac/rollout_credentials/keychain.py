"""The person's login keychain, through Apple's own program; what it is told goes by stdin, where no `ps` sees it."""

from __future__ import annotations

import base64
import subprocess

SERVICE = "claude-code-rollout"
SECONDS = 5
# `security -i` cuts a line that is longer than its buffer of 4,096 bytes.
MAX_LINE = 4000


def text_of(security: str, key: str) -> str | None:
    printed = _run(security, f"find-generic-password -s {SERVICE} -a {key} -w")
    try:
        return base64.b64decode(printed or "", validate=True).decode("utf-8") or None
    except ValueError:
        return None


def put(security: str, key: str, text: str) -> bool:
    """Whether it is in there, read back: a keychain that is locked takes nothing."""
    secret = base64.b64encode(text.encode()).decode()
    line = f"add-generic-password -U -s {SERVICE} -a {key} -T {security} -w {secret}"
    return len(line) <= MAX_LINE and _run(security, line) is not None and text_of(security, key) == text


def drop(security: str, key: str) -> None:
    _run(security, f"delete-generic-password -s {SERVICE} -a {key}")


def _run(security: str, line: str) -> str | None:
    """What it printed; None where it failed, or somebody would have to unlock the keychain."""
    try:
        result = subprocess.run(
            [security, "-i"],
            input=f"{line}\n",
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            cwd="/",
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    # In this mode it may exit with 0 after a command that failed; it says so on stderr.
    return None if result.returncode or result.stderr.strip() else result.stdout.strip()
