"""What a prompt has the stand-in for a model do: `[tool Bash {"command": "git push"}]` in a person's message.

Several are played in turn, one per answer, then comes a text. A tool that the caller does not offer is not called, as
a model would not. Only in the messages format, which is what Claude Code speaks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

_DIRECTIVE = re.compile(r"\[tool (\w+) (?=\{)")
_DECODER = json.JSONDecoder()

# A message's role and its content blocks.
Message = tuple[str, list[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    name: str
    input: dict[str, Any]


def _written(text: str) -> Iterator[ToolCall]:
    for found in _DIRECTIVE.finditer(text):
        try:
            given, end = _DECODER.raw_decode(text, found.end())
        except ValueError:
            continue
        if text.startswith("]", end):
            yield ToolCall(name=found[1], input=given)


def due(messages: Iterable[Message], offered: Iterable[str]) -> ToolCall | None:
    """The call that comes next in a conversation, None where a text does."""
    blocks = [(role, block) for role, content in messages for block in content]
    texts = [str(block.get("text", "")) for role, block in blocks if role == "user" and block.get("type") == "text"]
    made = sum(role == "assistant" and block.get("type") == "tool_use" for role, block in blocks)
    following = [call for text in texts for call in _written(text)][made:]
    return following[0] if following and following[0].name in set(offered) else None
