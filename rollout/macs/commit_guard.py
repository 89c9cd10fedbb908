"""The commit guard as it is delivered to a member's machine: its files, and how Claude Code's settings name it.

What it does is in `mac/`. The timeout and what an exit code means are the client's (claude-code-client 8).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.macs.hooks import ON_FAILURE
from rollout.macs.places import PLACES, Platform
from rollout.model.macs import CommitGuardMode
from rollout.model.rollout import Rollout

# When this is over the client lets the command run, or not, as `onFailure` says; the guard ends itself before.
TIMEOUT_SECONDS = 10
ENTRY, PACKAGE, SETTINGS = "commit-guard", "commit_guard", "commit-guard.json"
# What the guard's reports and `rollout.macs.credential_helper` have in common.
SHARED = "aws_calls"
SOURCES = Path(__file__).parents[2] / "mac"


@dataclass(frozen=True, kw_only=True)
class File:
    """Root's, with the folders above it. `mode`: as chmod has it."""

    path: str
    content: str
    mode: int


def hook(rollout: Rollout, platform: Platform) -> dict[str, Any] | None:
    """One element of `hooks.PreToolUse`; None where there is no guard. Any other failure than exit 2 would let the
    command run. The matcher is read with regard to case."""
    path = f"{PLACES[platform].folder}/{ENTRY}"
    if not PLACES[platform].shell:
        return None
    match rollout.mac.commit_guard:
        case CommitGuardMode.OFF:
            return None
        case CommitGuardMode.CLOSED:
            command = f'"{path}" || exit 2'
        case CommitGuardMode.OPEN:
            # Where nobody installed it, without a word at each command.
            command = f'[ ! -x "{path}" ] || "{path}"'
    failing = ON_FAILURE if rollout.mac.commit_guard is CommitGuardMode.CLOSED else {}
    run = {"type": "command", "command": command, "timeout": TIMEOUT_SECONDS, **failing}
    return {"matcher": "Bash", "hooks": [run]}


def settings(rollout: Rollout, account: Account, *, aws_profile: str, aws_config_file: str) -> dict[str, Any]:
    """What `commit-guard.json` says. Where another stack has the findings log there is no queue, and no report; nor
    behind a gateway, where nobody has a session of AWS to send one with."""
    reports = not rollout.adopt.meter and not rollout.gateway
    return {
        "on_failure": rollout.mac.commit_guard.value,
        "region": account.region,
        "queue": account.queue_url(names.MAC_FINDINGS) if reports else None,
        "aws_profile": aws_profile,
        "aws_config_file": aws_config_file,
    }


def files(
    rollout: Rollout, account: Account, platform: Platform, *, aws_profile: str, aws_config_file: str
) -> tuple[File, ...]:
    """In the order in which they are to be written: the entry last, and Claude Code's settings only after it."""
    if hook(rollout, platform) is None:
        return ()
    told = settings(rollout, account, aws_profile=aws_profile, aws_config_file=aws_config_file)
    folder = PLACES[platform].folder
    return (
        File(path=f"{folder}/{SETTINGS}", content=json.dumps(told, indent=2) + "\n", mode=0o644),
        *(file for name in (SHARED, PACKAGE) for file in package(folder, name)),
        File(path=f"{folder}/{ENTRY}", content=(SOURCES / ENTRY).read_text("utf-8"), mode=0o755),
    )


def package(folder: str, name: str) -> list[File]:
    """A Python package of `mac/` as files in `folder` of a machine."""
    return [
        File(path=f"{folder}/{name}/{one.name}", content=one.read_text("utf-8"), mode=0o644)
        for one in sorted((SOURCES / name).glob("*.py"))
    ]


def each_once(files: Iterable[File]) -> list[File]:
    """In their order: what two of us need is written once."""
    return list({file.path: file for file in files}.values())
