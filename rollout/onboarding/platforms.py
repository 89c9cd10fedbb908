"""What differs by operating system in the page for developers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rollout.macs.credential_helper import ENTRY
from rollout.macs.own_usage_view import ENTRY as OWN_USAGE
from rollout.macs.places import PLACES, Platform

RELEASES = "https://github.com/okta/okta-aws-cli/releases"


@dataclass(frozen=True, kw_only=True)
class Guide:
    """`types_in`: where commands are typed. `claude`, `okta`: commands that install. `okta_note`: what they leave to
    do. `lasts`: how long a sign-in does. `again`: signs in anew. `own_usage`: shows a person's own use. None where
    nothing does."""

    name: str
    types_in: str
    claude: str
    okta: str | None
    okta_note: str
    settings: str
    lasts: str
    again: str | None
    own_usage: str | None
    unset: str


def _posix(platform: Platform, name: str, types_in: str, note: str) -> Guide:
    places = PLACES[platform]

    def program(entry: str) -> str:
        path = f"{places.folder}/{entry}"
        return f'"{path}"' if " " in path else path

    return Guide(
        name=name,
        types_in=types_in,
        claude="curl -fsSL https://claude.ai/install.sh | bash",
        okta="brew install okta-aws-cli",
        okta_note=note,
        settings=places.settings,
        lasts="That lasts {minutes} minutes; then it opens once more.",
        again=f"{program(ENTRY)} again",
        own_usage=program(OWN_USAGE),
        unset="env -u AWS_ENDPOINT_URL claude",
    )


GUIDES: Mapping[Platform, Guide] = {
    Platform.MACOS: _posix(
        Platform.MACOS,
        "macOS",
        "Terminal",
        "Without Homebrew, take the archive for macOS from its releases and put the program into /usr/local/bin.",
    ),
    Platform.WINDOWS: Guide(
        name="Windows",
        types_in="PowerShell",
        claude="irm https://claude.ai/install.ps1 | iex",
        okta=None,
        okta_note="Take the archive for Windows from its releases, unpack it, and put okta-aws-cli.exe into a folder "
        "of your PATH. On Windows each start of Claude Code opens Okta's page: nothing keeps the session there.",
        settings=PLACES[Platform.WINDOWS].settings,
        lasts="It opens at each start of Claude Code, and lasts {minutes} minutes.",
        again=None,
        own_usage=None,
        unset="Remove-Item Env:AWS_ENDPOINT_URL; claude",
    ),
    Platform.LINUX: _posix(
        Platform.LINUX,
        "Linux",
        "your terminal",
        "Without Homebrew, take the archive for Linux from its releases and put the program into /usr/local/bin. WSL "
        "counts as Linux, with settings of its own.",
    ),
}
