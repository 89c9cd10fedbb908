"""What this gateway is told: the key `rollout` of its `config.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, cast
from urllib.parse import urlsplit


class OnSilence(StrEnum):
    """What is done while the ledger, the levels or Okta's keys are away: see docs/gateway-litellm.md."""

    REFUSE = "refuse"
    SERVE = "serve"


class SettingsError(ValueError):
    """All that is wrong, one line each."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`issuer`: Okta's, as tokens name it. `audience`: the app's client id. `keys_url`: where the issuer's public keys
    are. `user_info_url`: where it says of an access token whose it is. `group_prefix`: what a cohort's Okta group is
    called before the cohort's name. `table`: the meter's, in `region`. `ask`: ends a sentence.
    """

    issuer: str
    audience: str
    keys_url: str
    user_info_url: str
    group_prefix: str
    table: str
    region: str
    on_silence: OnSilence
    ask: str


def read(document: Mapping[str, Any]) -> Settings:
    """Of `config.yaml`, parsed. Raises SettingsError."""
    found: object = document.get("rollout")
    told = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    names = [each.name for each in fields(Settings)]
    lines = [f"rollout.{name}: missing" for name in names if not _is_text(told.get(name))]
    lines += [f"rollout.{name}: no such key" for name in sorted(told.keys() - set(names))]
    if not lines:
        lines = [*_addresses(told), *_silence(told)]
    if lines:
        raise SettingsError("\n".join(lines))
    return Settings(**{**told, "on_silence": OnSilence(told["on_silence"])})


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _addresses(told: Mapping[str, str]) -> list[str]:
    return [
        f"rollout.{name}: must be https, not {told[name]}"
        for name in ("issuer", "keys_url", "user_info_url")
        if not told[name].startswith("https://") and not is_loopback(told[name])
    ]


def is_loopback(url: str) -> bool:
    return re.fullmatch(r"localhost|127\.\d+\.\d+\.\d+|::1", urlsplit(url).hostname or "") is not None


def _silence(told: Mapping[str, str]) -> list[str]:
    allowed = [each.value for each in OnSilence]
    return [] if told["on_silence"] in allowed else [f"rollout.on_silence: must be one of {', '.join(allowed)}"]
