"""What a prompt costs: tokens by length, a prompt cache by content, and an answer that no model wrote.

A test sets the counts by writing `[tokens input=1200 output=300 cache_read=5000 cache_write=0]` in the last user
message; counts it leaves out stay as they would be. `cache_write_1h` is what of `cache_write` stays for an hour.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, replace

from sandbox.aws.models.tool_calls import ToolCall

CHARACTERS_PER_TOKEN = 4
FIRST_BYTE_MS = 200
PIECE = 24
CACHE_SECONDS = {"5m": 300, "1h": 3600}
_DIRECTIVE = re.compile(r"\[tokens((?:\s+(?:input|output|cache_read|cache_write|cache_write_1h)=\d{1,9})+)\s*\]")

# Digest of a prompt's beginning -> until when it is remembered, in seconds since 1970.
Cache = MutableMapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Block:
    """A piece of a prompt; `cache_seconds` where the prompt asks to remember everything up to its end."""

    text: str
    cache_seconds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """In the order that the cache goes by: tools, system, messages. `asked`: the text of the last user message.

    `tool`: what the answer is to call, in place of a text.
    """

    blocks: tuple[Block, ...]
    asked: str
    max_tokens: int
    tool: ToolCall | None = None


@dataclass(frozen=True, kw_only=True)
class Usage:
    """`input` counts only what was neither read from the cache nor written to it; `cache_write_1h` is the part of
    `cache_write` that stays for an hour."""

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0

    @property
    def by_ttl(self) -> dict[str, int]:
        """What was written to the cache, by how long it stays."""
        written = {"5m": self.cache_write - self.cache_write_1h, "1h": self.cache_write_1h}
        return {ttl: tokens for ttl, tokens in written.items() if tokens}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """Either a text or the call of a tool. `digest` is the prompt's."""

    text: str
    stop_reason: str
    usage: Usage
    digest: str
    tool: ToolCall | None = None

    @property
    def latency_ms(self) -> int:
        """Invented, and the same each time."""
        return FIRST_BYTE_MS + 10 * self.usage.output


def seconds(cache_control: Mapping[str, object] | None) -> int | None:
    """For `cache_control` of a message's block and `cachePoint` of Converse alike."""
    return CACHE_SECONDS.get(str(cache_control.get("ttl", "5m")), CACHE_SECONDS["5m"]) if cache_control else None


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def _beginnings(prompt: Prompt, model: str) -> list[tuple[str, int]]:
    """Of the prompt up to the end of each block: the digest, and how many tokens."""
    digest, tokens = hashlib.sha256(model.encode()), 0
    found: list[tuple[str, int]] = []
    for block in prompt.blocks:
        digest.update(json.dumps(block.text).encode())
        tokens += _tokens(block.text)
        found.append((digest.hexdigest(), tokens))
    return found


def _cached(prompt: Prompt, beginnings: list[tuple[str, int]], cache: Cache, now: float) -> tuple[int, int, int]:
    """How many tokens are (read from, written to, written for an hour to) the cache; remembers and refreshes on the
    way."""
    marked = [number for number, block in enumerate(prompt.blocks) if block.cache_seconds]
    if not marked:
        return 0, 0, 0
    for digest in [digest for digest, until in cache.items() if until <= now]:
        del cache[digest]
    reach = beginnings[: marked[-1] + 1]
    read = max((tokens for digest, tokens in reach if digest in cache), default=0)
    for number in marked:
        cache[beginnings[number][0]] = now + (prompt.blocks[number].cache_seconds or 0)
    by_the_hour = [number for number in marked if prompt.blocks[number].cache_seconds == CACHE_SECONDS["1h"]]
    hour = max(beginnings[by_the_hour[-1]][1] - read, 0) if by_the_hour else 0
    return read, reach[-1][1] - read, hour


def _told(prompt: Prompt, usage: Usage) -> Usage:
    told = _DIRECTIVE.search(prompt.asked)
    counts = dict(pair.split("=") for pair in told[1].split()) if told else {}
    if "cache_write" in counts:
        counts = {"cache_write_1h": "0", **counts}
    return replace(usage, **{name: int(count) for name, count in counts.items()})


def reply(prompt: Prompt, model: str, cache: Cache, now: float) -> Reply:
    """The same text for the same prompt; cut where the caller allows no more tokens."""
    beginnings = _beginnings(prompt, model)
    digest, total = beginnings[-1]
    text = f"The sandbox read prompt {digest[:12]}. No model was asked."
    said = json.dumps(prompt.tool.input) if prompt.tool else text
    whole = prompt.tool is not None or _tokens(text) <= prompt.max_tokens
    said = said if whole else said[: prompt.max_tokens * CHARACTERS_PER_TOKEN]
    read, write, hour = _cached(prompt, beginnings, cache, now)
    own = Usage(
        input=total - read - write, output=_tokens(said), cache_read=read, cache_write=write, cache_write_1h=hour
    )
    usage = _told(prompt, own)
    if prompt.tool:
        return Reply(text="", stop_reason="tool_use", usage=usage, digest=digest, tool=prompt.tool)
    return Reply(text=said, stop_reason="end_turn" if whole else "max_tokens", usage=usage, digest=digest)


def pieces(text: str) -> Iterator[str]:
    """A text as it is streamed."""
    for start in range(0, len(text), PIECE):
        yield text[start : start + PIECE]
