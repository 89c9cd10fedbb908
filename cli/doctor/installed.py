"""What lies on a developer's machine: the managed settings, the AWS profile, the file that says how to sign in."""

from __future__ import annotations

import configparser
import json
import os
import plistlib
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from cli.live import registry
from rollout.macs.credential_helper import SETTINGS
from rollout.macs.places import PLACES, POLICY_KEY, Places, Platform
from rollout.macs.sign_in import PROFILE
from rollout.macs.sources import merged
from rollout.macs.untyped import map_of


def this_platform() -> Platform:
    return {"darwin": Platform.MACOS, "win32": Platform.WINDOWS}.get(sys.platform, Platform.LINUX)


@dataclass(frozen=True, kw_only=True)
class DropIn:
    """`path`: as its platform writes it. `document`: None where it is no JSON map."""

    path: str
    document: dict[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Machine:
    """`root`: where its files are. `environment`: what the person has exported."""

    platform: Platform
    root: Path = Path("/")
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def places(self) -> Places:
        return PLACES[self.platform]

    def file(self, path: str) -> Path:
        return Path(path) if self.platform is Platform.WINDOWS else self.root / path.lstrip("/")

    @cached_property
    def source(self) -> str | None:
        """Which managed settings count: what goes before the file, else the file; None where there are none."""
        profile = self.places.profile
        if profile == POLICY_KEY:
            if registry.policy() is not None:
                return profile
        elif profile and self.file(profile).is_file():
            return profile
        if self.file(self.places.settings).is_file():
            return self.places.settings
        return self.places.drop_ins if self._fragments else None

    @cached_property
    def _fragments(self) -> list[Path]:
        folder = self.file(self.places.drop_ins)
        return sorted(folder.glob("[!.]*.json")) if folder.is_dir() else []

    @cached_property
    def drop_ins(self) -> tuple[DropIn, ...]:
        """What is merged over the file, in order; nothing of it counts where something goes before the file."""
        if self.source not in {self.places.settings, self.places.drop_ins}:
            return ()
        folder = f"{self.places.drop_ins}{self.places.separator}"
        return tuple(DropIn(path=f"{folder}{file.name}", document=_fragment(file)) for file in self._fragments)

    @property
    def judged(self) -> str:
        """The source in words, its drop-ins included."""
        files = [each.path.rpartition(self.places.separator)[2] for each in self.drop_ins]
        return f"{self.source}, with {', '.join(files)} of managed-settings.d" if files else str(self.source)

    @cached_property
    def text(self) -> str | None:
        """Of those settings, as JSON. OSError where they cannot be read, ValueError where they are no property list."""
        if self.source is None or self.source == POLICY_KEY:
            return registry.policy() if self.source else None
        if self.source == self.places.drop_ins:
            return "{}"
        content = self.file(self.source).read_bytes()
        if self.source.endswith(".plist"):
            try:
                return json.dumps(plistlib.loads(content), default=str)
            except plistlib.InvalidFileException as error:
                raise ValueError(str(error)) from None
        return content.decode("utf-8", "replace")

    @cached_property
    def base(self) -> dict[str, Any]:
        """The source without drop-ins. Empty where there is none, or it cannot be read."""
        try:
            return _document(self.text or "{}") or {}
        except (OSError, ValueError):
            return {}

    @cached_property
    def document(self) -> dict[str, Any]:
        """What the client reads: the source, and its drop-ins merged over it."""
        return merged(self.base, [each.document for each in self.drop_ins if each.document])

    @property
    def env(self) -> dict[str, str]:
        return {str(name): str(value) for name, value in map_of(self.document, "env").items()}

    @property
    def region(self) -> str | None:
        return self.env.get("AWS_REGION")

    @cached_property
    def told(self) -> dict[str, str]:
        """What was delivered of the sign-in: whom to ask, the role. Empty where nothing was."""
        try:
            text = self.file(f"{self.places.folder}{self.places.separator}{SETTINGS}").read_text(encoding="utf-8")
        except (OSError, ValueError):
            return {}
        pairs = (line.partition(" = ") for line in text.splitlines())
        return {name: value for name, found, value in pairs if found and name != "argument"}

    @property
    def ask(self) -> str:
        return self.told.get("ask") or "ask whoever runs Claude Code at your company"

    @cached_property
    def credential_process(self) -> list[str] | None:
        """The command that gets a session, word by word; None where the profile is missing, or names none."""
        config = configparser.ConfigParser(interpolation=None)
        try:
            config.read_string(self.file(self.env["AWS_CONFIG_FILE"]).read_text(encoding="utf-8"))
            words = shlex.split(config.get(f"profile {PROFILE}", "credential_process"), posix=os.sep == "/")
        except (KeyError, OSError, ValueError, configparser.Error):
            return None
        return words or None


def _fragment(file: Path) -> dict[str, Any] | None:
    try:
        return _document(file.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None


def _document(text: str) -> dict[str, Any] | None:
    try:
        found: object = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", found) if isinstance(found, dict) else None
