"""A stack as the engine tells it: its configuration and its outputs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from cli.terminal.errors import CommandError as CommandError
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load

NO_ENGINE = 'there is no `pulumi` on PATH; in the sandbox run `eval "$(make -s env)"` first'


def stack_file(project: Path, stack: str) -> Rollout:
    """The rollout that a stack's configuration describes, as the engine reads it, secrets included.

    Raises StackFileError with every mistake in it.
    """
    answer: dict[str, Any] = json.loads(pulumi(project, "config", "--show-secrets", "--json", "--stack", stack))
    config = {key: str(entry.get("value", "")) for key, entry in answer.items()}
    if not config:
        raise StackFileError([f"Pulumi.{stack}.yaml: config: missing; see the README for what it holds"])
    return load(config, project, datetime.now(UTC))


def as_engine(config: Mapping[str, Any]) -> dict[str, str]:
    """Values as the engine hands them to a program: maps and lists as JSON, the rest as text."""
    return {
        str(key): json.dumps(value, default=_text) if isinstance(value, (dict, list)) else _text(value)
        for key, value in config.items()
    }


def _text(value: object) -> str:
    """A day without quotes is midnight to the engine, in Go's notation (3.258)."""
    is_midnight = isinstance(value, datetime) and value.tzinfo and value.astimezone(UTC).time() == time.min
    if type(value) is date or is_midnight:
        day = value.astimezone(UTC).date() if isinstance(value, datetime) else value
        return f"{day} 00:00:00 +0000 UTC"
    return str(value)


def pulumi(project: Path, *arguments: str, seconds: float | None = None) -> str:
    """What the engine prints, asked for no longer than `seconds`. CommandError where there is none, or it refuses."""
    command = ["pulumi", *arguments, "--non-interactive"]
    try:
        result = subprocess.run(  # noqa: S603
            command, cwd=project, capture_output=True, text=True, check=False, timeout=seconds, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise CommandError(NO_ENGINE) from None
    except subprocess.TimeoutExpired:
        raise CommandError(f"`{' '.join(command)}` did not answer within {seconds} s") from None
    if result.returncode:
        said = result.stderr.strip() or f"exit code {result.returncode}"
        raise CommandError(f"`{' '.join(command)}` failed: {said}")
    return result.stdout
