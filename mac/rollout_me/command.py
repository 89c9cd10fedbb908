"""What was asked: to show, or to keep a line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from aws_calls.session import credentials

from rollout_me.reading import NothingKnownError, own
from rollout_me.text import everything, line

CONFIGURATION = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "rollout-me.json")


def main(words: Sequence[str]) -> int:
    """The exit code. Only a person who waits is told why there is nothing."""
    refreshes = list(words) == ["refresh"]
    try:
        said = _read(words)
    except Exception as error:
        if not refreshes:
            sys.stderr.write(f"rollout me: {_reason(error)}\n")
        return 1
    today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
    if refreshes:
        _keep(line(said, today))
    elif "--json" in words:
        sys.stdout.write(json.dumps({"today": today, **said}, indent=2, sort_keys=True) + "\n")
    else:
        sys.stdout.write(everything(said, today) + "\n")
    return 0


def _read(words: Sequence[str]) -> dict[str, Any]:
    if "stdin" in words:
        given = json.load(sys.stdin)
        return own(given["session"], given["region"], given["table"])
    with open(CONFIGURATION, encoding="utf-8") as file:
        settings: Mapping[str, Any] = json.load(file)
    keys = credentials(settings["aws_config_file"], settings["aws_profile"])
    return own(keys, settings["region"], settings["table"])


def _reason(error: Exception) -> str:
    if isinstance(error, NothingKnownError):
        return str(error)
    if getattr(error, "code", None) in {400, 403}:
        return "AWS refused: your access may be cut, or your session is over; start Claude Code and sign in again"
    return f"AWS could not be asked ({type(error).__name__}); start Claude Code, which signs you in, and try again"


def _keep(text: str) -> None:
    """Whole or not at all: the status line reads it at any time."""
    folder = os.path.expanduser("~/.cache/claude-code-usage")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    new = os.path.join(folder, f"line.{os.getpid()}")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")
    os.replace(new, os.path.join(folder, "line"))
