"""The hooks that stop a suspended person's Claude Code and slow down a throttled one (claude-code-client 8). The commit
guard's is its own."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

# Seconds; it takes none.
TIMEOUT = 10
# The exit code that blocks; with any other the client goes on.
CLOSED = " || exit 2"
# Blocks where the hook times out or cannot be run (since 2.1.317; an older client ignores it without a word).
ON_FAILURE = {"onFailure": "block"}


def stop(message: str) -> dict[str, Any]:
    """One element of `hooks.UserPromptSubmit`: each prompt ends here, at once, with these words for the person.

    `exit 2` with the words on stderr stops as well, but shows the whole command line and the prompt beside them. Not
    echo, which eats backslashes in some shells.
    """
    answer = json.dumps({"continue": False, "stopReason": message})
    command = f"printf '%s' {shlex.quote(answer)}{CLOSED}"
    return {"hooks": [{"type": "command", "command": command, "timeout": TIMEOUT, **ON_FAILURE}]}


def wait(seconds: int) -> dict[str, Any]:
    """The commands of a hook that does nothing for a while. The client goes on when the timeout is over. By its path:
    a person's PATH may have another."""
    return {"hooks": [{"type": "command", "command": f"/bin/sleep {seconds}", "timeout": seconds + TIMEOUT}]}


def waited(command: str) -> int | None:
    """The seconds of a command that is a wait, as `wait` writes it."""
    found = re.fullmatch(r"/bin/sleep ([0-9]+)", command)
    return int(found[1]) if found else None
