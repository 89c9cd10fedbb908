"""Prompts that have the sandbox's Bedrock call tools, as a model would."""

from __future__ import annotations

import json


def bash(*commands: str) -> str:
    """Each in its own call, in turn."""
    return " ".join(
        f"[tool Bash {json.dumps({'command': command, 'description': 'asked for'})}]" for command in commands
    )


def read(path: object) -> str:
    return f"[tool Read {json.dumps({'file_path': str(path)})}]"


def tool(name: str, **given: object) -> str:
    return f"[tool {name} {json.dumps(given)}]"
