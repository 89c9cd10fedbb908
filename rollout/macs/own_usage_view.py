"""A person's own view of their use, as it is delivered to their machine: its files, and how the settings name it.

What it does is in `mac/rollout_me`.
"""

from __future__ import annotations

import json
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.macs.commit_guard import SHARED, SOURCES, File, package
from rollout.macs.places import PLACES, Platform
from rollout.model.rollout import Rollout

ENTRY, SETTINGS, PACKAGE = "rollout-me", "rollout-me.json", "rollout_me"


def status_line(rollout: Rollout, platform: Platform) -> dict[str, Any]:
    """Claude Code's `statusLine`; nothing where another stack has the meter, or there is no POSIX shell, or a gateway
    has the sessions that would read it."""
    path = f"{PLACES[platform].folder}/{ENTRY}"
    if rollout.adopt.meter or rollout.gateway or not PLACES[platform].shell:
        return {}
    # Where nobody installed it, without a word: an empty line.
    return {"statusLine": {"type": "command", "command": f'[ ! -x "{path}" ] || "{path}" line'}}


def files(
    rollout: Rollout, account: Account, platform: Platform, *, aws_profile: str, aws_config_file: str
) -> tuple[File, ...]:
    """In the order in which they are to be written: the entry last."""
    if not status_line(rollout, platform):
        return ()
    folder = PLACES[platform].folder
    told = {
        "region": account.region,
        "table": names.USAGE_TABLE,
        "aws_profile": aws_profile,
        "aws_config_file": aws_config_file,
    }
    return (
        File(path=f"{folder}/{SETTINGS}", content=json.dumps(told, indent=2) + "\n", mode=0o644),
        *(file for name in (SHARED, PACKAGE) for file in package(folder, name)),
        File(path=f"{folder}/{ENTRY}", content=(SOURCES / ENTRY).read_text("utf-8"), mode=0o755),
    )
