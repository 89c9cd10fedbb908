"""What gives commands in Claude's Bash the person's own AWS profiles back.

The managed `env` is Claude Code's and that of all it starts: `AWS_CONFIG_FILE` would hide `~/.aws/config` from
`aws --profile dev` and `terraform`. A hook of the session's start writes lines that the client puts before each Bash
command and does not obey itself (`CLAUDE_ENV_FILE`): Bedrock is called with the cohort's session, whatever they say.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from rollout.macs.places import PLACES, Platform

# Seconds; it takes none.
TIMEOUT = 10
COMMENT = "# Commands have your own AWS profiles; the session of the cohort is for Claude Code alone (docs/macs.md)"


def given_back(document: dict[str, Any], platform: Platform) -> dict[str, Any]:
    """`document` with the hook; as it is where no POSIX shell runs commands."""
    if not PLACES[platform].shell:
        return document
    return {**document, "hooks": {**document.get("hooks", {}), "SessionStart": [_hook(document["env"])]}}


def _hook(env: Mapping[str, str]) -> dict[str, Any]:
    """One element of `hooks.SessionStart`. With braces: Jamf replaces $NAME in a profile (jamf-api 2.3, 3)."""
    # What a person or another hook has set to something else stays.
    lines = [
        (f'[ "${{{name}-}}" != "{value}" ] || unset {name}' if value else f'[ -n "${{{name}-}}" ] || unset {name}')
        for name, value in sorted(env.items())
        if name.startswith("AWS_")
    ]
    written = " ".join(shlex.quote(line) for line in (COMMENT, *lines))
    command = f'[ -z "${{CLAUDE_ENV_FILE-}}" ] || printf \'%s\\n\' {written} >> "${{CLAUDE_ENV_FILE}}"'
    return {"hooks": [{"type": "command", "command": command, "timeout": TIMEOUT}]}
