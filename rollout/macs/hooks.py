"""The hooks of managed settings: the commit guard, and the stop at suspended (claude-code-client 8)."""

from __future__ import annotations

import json
import shlex
from typing import Any

from rollout.config import CommitGuardMode
from rollout.macs.places import PLACES, Platform

Hook = dict[str, Any]
# Seconds. The client lets a command run whose hook took longer, whatever the hook says afterwards.
TIMEOUT = 10
# The exit code that blocks; with any other the client goes on.
BLOCKS = "exit 2"
CLOSED = f" || {BLOCKS}"


def commit_guard(mode: CommitGuardMode, platform: Platform) -> list[Hook]:
    """Under `PreToolUse`. The matcher is read with regard to case; `bash` would never match."""
    path = PLACES[platform].commit_guard
    if not path:
        return []
    match mode:
        case CommitGuardMode.OFF:
            return []
        case CommitGuardMode.CLOSED:
            command = f'"{path}"{CLOSED}'
        case CommitGuardMode.OPEN:
            # Where nobody installed it, without a word; where it is broken, with the client's own.
            command = f'[ ! -x "{path}" ] || "{path}"'
    return [{"matcher": "Bash", "hooks": [_command(command)]}]


def stop(message: str) -> list[Hook]:
    """Under `UserPromptSubmit`: each prompt ends here, at once, with these words for the person and no other.

    `exit 2` with the words on stderr stops as well, but shows the whole command line and the prompt beside them.
    Not echo, which eats backslashes in some shells.
    """
    answer = json.dumps({"continue": False, "stopReason": message})
    return [{"hooks": [_command(f"printf '%s' {shlex.quote(answer)}{CLOSED}")]}]


def _command(command: str) -> Hook:
    return {"type": "command", "command": command, "timeout": TIMEOUT}
