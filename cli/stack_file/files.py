"""Stack files as they lie in a folder, read without the engine: what is encrypted in them stays so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import yaml

from cli.live.stack import as_engine
from cli.stack_file.yaml_load import line_of, loaded
from cli.terminal.text import text_of
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.load import PROJECT, load

# Of the right form each, in place of what nobody can read here.
UNREAD = {
    "slack_bot_token": "xoxb-encrypted",
    "webhook_signing_key": "whsec_" + "A" * 43 + "=",
    "github_webhook_secret": "0" * 64,
    "github_token": "github_pat_" + "0" * 30,
    "jamf_client_secret": "encrypted-client-secret",
}


def rollout_of(path: Path, by_clock: bool = True) -> Rollout:
    """The rollout of a stack file, its rosters beside it, its secrets unread. `by_clock`: as `load` has it. Raises
    StackFileError, CommandError."""
    return with_config(path, by_clock)[0]


def with_config(path: Path, by_clock: bool = True) -> tuple[Rollout, dict[str, Any]]:
    """The same, and the `config:` that it was made from, which has the providers' keys too."""
    config = config_of(path)
    return load(readable(config), path.parent, datetime.now(UTC), by_clock=by_clock), config


def readable(config: Mapping[str, Any]) -> dict[str, str]:
    """As the engine would hand it over, but for what is encrypted."""
    unread = {f"{PROJECT}:{key}": value for key, value in UNREAD.items()}
    known = {key: unread.get(key, _other(key)) if is_encrypted(value) else value for key, value in config.items()}
    return as_engine({key: value for key, value in known.items() if value is not None})


def _other(key: str) -> str | None:
    """Of ours, something that its judge sees, so that an unknown key is named; of the providers, nothing."""
    return "encrypted" if key.startswith(f"{PROJECT}:") else None


def encrypted(path: Path) -> dict[str, str]:
    """What is encrypted, by its name: ciphertext, good to see that it changed."""
    return {
        key.removeprefix(f"{PROJECT}:"): str(value["secure"])
        for key, value in config_of(path).items()
        if is_encrypted(value)
    }


def is_encrypted(value: Any) -> bool:
    return isinstance(value, Mapping) and "secure" in value


def config_of(path: Path) -> dict[str, Any]:
    """Its `config:`, as written. StackFileError where it has none."""
    config = config_in(text_of(path), path.name)
    if config is None:
        raise StackFileError([f"{path.name}: config: missing; see the README for what it holds"])
    return config


def config_in(text: str, name: str) -> dict[str, Any] | None:
    """The `config:` of a stack file's text; None where it has none. StackFileError where it is no YAML."""
    try:
        found: object = loaded(text)
    except yaml.YAMLError as error:
        raise StackFileError([f"{name}: no YAML: {line_of(error)}"]) from None
    config = cast("dict[str, Any]", found).get("config") if isinstance(found, dict) else None
    return (
        {str(key): value for key, value in cast("dict[Any, Any]", config).items()} if isinstance(config, dict) else None
    )
