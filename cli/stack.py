"""A stack as its file and its outputs tell it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from rollout.checks import part
from rollout.config import Rollout
from rollout.load import load
from rollout.words import StackFileError


class CommandError(Exception):
    """What to say to the person, in one line."""


def stack_file(project: Path, stack: str) -> Rollout:
    """The rollout in `Pulumi.<stack>.yaml`. Raises StackFileError with every mistake in it."""
    file = project / f"Pulumi.{stack}.yaml"
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CommandError(f"no stack file {file.name}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CommandError(f"{file.name} is not YAML: {' '.join(str(error).split())}") from None
    config = part(content, "config")
    if not config:
        raise StackFileError([f"{file.name}: config: missing; see the README for what it holds"])
    return load(as_engine(config), project, datetime.now(UTC))


def as_engine(config: Mapping[str, Any]) -> dict[str, str]:
    """Values as the engine hands them to a program: maps and lists as JSON, the rest as text."""
    return {
        str(key): json.dumps(value, default=str) if isinstance(value, (dict, list)) else str(value)
        for key, value in config.items()
    }


def outputs(project: Path, stack: str) -> dict[str, Any]:
    """What the stack exported last, from the engine."""
    command = ["pulumi", "stack", "output", "--json", "--stack", stack, "--non-interactive"]
    try:
        result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        raise CommandError('there is no `pulumi` on PATH; in the sandbox run `eval "$(make -s env)"` first') from None
    if result.returncode:
        raise CommandError(f"`{' '.join(command)}` failed: {result.stderr.strip()}")
    return json.loads(result.stdout)
