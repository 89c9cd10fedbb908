"""The hook that stops a suspended person's Claude Code (claude-code-client 8). The commit guard's is its own."""

from __future__ import annotations

import json
import shlex
from typing import Any

# Seconds; it takes none.
TIMEOUT = 10
# The exit code that blocks; with any other the client goes on.
CLOSED = " || exit 2"


def stop(message: str) -> dict[str, Any]:
    """One element of `hooks.UserPromptSubmit`: each prompt ends here, at once, with these words for the person.

    `exit 2` with the words on stderr stops as well, but shows the whole command line and the prompt beside them. Not
    echo, which eats backslashes in some shells.
    """
    answer = json.dumps({"continue": False, "stopReason": message})
    command = f"printf '%s' {shlex.quote(answer)}{CLOSED}"
    return {"hooks": [{"type": "command", "command": command, "timeout": TIMEOUT}]}
