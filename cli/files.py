"""Stack files as they lie in a folder, read without the engine: what is encrypted in them stays so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import yaml

from cli.stack import CommandError, as_engine
from rollout.config import Rollout
from rollout.load import PROJECT, load
from rollout.words import StackFileError

# A stack file of 100 cohorts of 100 people has about 2 MB.
MAX_BYTES = 10_000_000


# Of the right form each, in place of what nobody can read here.
UNREAD = {
    "slack_bot_token": "xoxb-encrypted",
    "webhook_signing_key": "whsec_" + "A" * 43 + "=",
    "github_webhook_secret": "0" * 64,
    "github_token": "github_pat_" + "0" * 30,
    "jamf_client_secret": "encrypted-client-secret",
}


def rollout_of(path: Path) -> Rollout:
    """The rollout of a stack file, its rosters beside it, its secrets unread. Raises StackFileError, CommandError."""
    return load(readable(config_of(path)), path.parent, datetime.now(UTC))


def readable(config: Mapping[str, Any]) -> dict[str, str]:
    """As the engine would hand it over, but for what is encrypted."""
    unread = {f"{PROJECT}:{key}": value for key, value in UNREAD.items()}
    known = {key: unread.get(key) if is_encrypted(value) else value for key, value in config.items()}
    return as_engine({key: value for key, value in known.items() if value is not None})


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
    """Its `config:`, as written."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise StackFileError([f"{path.name}: larger than {MAX_BYTES} bytes"])
        found: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise StackFileError([f"{path.name}: no YAML: {' '.join(str(error).split())}"]) from None
    config = cast("dict[str, Any]", found).get("config") if isinstance(found, dict) else None
    if not isinstance(config, dict):
        raise StackFileError([f"{path.name}: config: missing; see the README for what it holds"])
    return cast("dict[str, Any]", config)
