"""Where a machine keeps what we put on it, by platform (domain 4.1: the paths Claude Code reads)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# What the property list of managed settings is for, and the profile's preference domain.
DOMAIN = "com.anthropic.claudecode"
# The same of Windows: a text of one line of JSON, by which a machine's registry is asked (`rollout.macs.windows`).
POLICY_KEY, POLICY_VALUE = r"HKLM\SOFTWARE\Policies\ClaudeCode", "Settings"


class Platform(StrEnum):
    MACOS = "macos"
    LINUX = "linux"
    WINDOWS = "windows"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Absolute paths. `nowhere`: a file that is always empty. `profile`: what goes before the
    file: what a configuration profile becomes on a Mac, the registry's key on Windows."""

    folder: str
    separator: str
    nowhere: str
    profile: str | None = None

    @property
    def settings(self) -> str:
        return self._in_folder("managed-settings.json")

    @property
    def drop_ins(self) -> str:
        """A folder, whose `*.json` are merged over `settings` in the order of their names."""
        return self._in_folder("managed-settings.d")

    @property
    def aws_config(self) -> str:
        """The profile with the `credential_process`, out of reach of `~/.aws/config`."""
        return self._in_folder("aws-config")

    @property
    def shell(self) -> bool:
        """Whether what we put there may be a POSIX shell script."""
        return self.separator == "/"

    @property
    def helper(self) -> str:
        return self._in_folder("policy-helper")

    def _in_folder(self, name: str) -> str:
        return f"{self.folder}{self.separator}{name}"


PLACES: Mapping[Platform, Places] = {
    Platform.MACOS: Places(
        folder="/Library/Application Support/ClaudeCode",
        separator="/",
        nowhere="/dev/null",
        profile=f"/Library/Managed Preferences/{DOMAIN}.plist",
    ),
    Platform.LINUX: Places(folder="/etc/claude-code", separator="/", nowhere="/dev/null"),
    Platform.WINDOWS: Places(folder=r"C:\Program Files\ClaudeCode", separator="\\", nowhere="NUL", profile=POLICY_KEY),
}
