"""Bedrock's own format of a conversation, as Converse takes and gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.aws.models.anthropic_messages import Malformed
from sandbox.aws.models.prompts import Block, Prompt, Reply, pieces, seconds
from sandbox.aws.validation import mistakes

DEFAULT_MAX_TOKENS = 4096
USER_FIRST = (
    "A conversation must start with a user message. Try again with a conversation that starts with a user message."
)


def _blocks(given: list[dict[str, Any]]) -> Iterator[Block]:
    """A cache point marks the block before it."""
    for block, following in zip(given, [*given[1:], {}], strict=False):
        if "cachePoint" not in block:
            text = block.get("text")
            yield Block(
                text=text if isinstance(text, str) else json.dumps(block, sort_keys=True),
                cache_seconds=seconds(following.get("cachePoint")),
            )


def parsed(text: bytes) -> Any:
    try:
        return json.loads(text or b"{}")
    except ValueError as error:
        raise Malformed("Unable to parse the request body as JSON") from error


def read(body: Any, operation: str, model_id: str) -> Prompt:
    """Raises Malformed, in Bedrock's words."""
    if not isinstance(body, dict):
        raise Malformed("Unexpected token at the start of the request body")
    found = mistakes("bedrock-runtime", operation, {**body, "modelId": model_id})
    if found:
        raise Malformed(found)
    messages = body.get("messages") or []
    if not messages or messages[0]["role"] != "user":
        raise Malformed(USER_FIRST)
    tools = (body.get("toolConfig") or {}).get("tools") or []
    parts = [tools, body.get("system") or [], *(message["content"] for message in messages)]
    blocks = tuple(block for part in parts for block in _blocks(part))
    if not blocks:
        raise Malformed("The content of a message must not be empty.")
    asked = next(message["content"] for message in reversed(messages) if message["role"] == "user")
    return Prompt(
        blocks=blocks,
        asked="\n".join(block["text"] for block in asked if "text" in block),
        max_tokens=(body.get("inferenceConfig") or {}).get("maxTokens") or DEFAULT_MAX_TOKENS,
    )


def _usage(reply: Reply) -> dict[str, int]:
    usage = reply.usage
    return {
        "inputTokens": usage.input,
        "outputTokens": usage.output,
        "totalTokens": usage.input + usage.output + usage.cache_read + usage.cache_write,
        "cacheReadInputTokens": usage.cache_read,
        "cacheWriteInputTokens": usage.cache_write,
    }


def message(reply: Reply) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": reply.text}]}},
        "stopReason": reply.stop_reason,
        "usage": _usage(reply),
        "metrics": {"latencyMs": reply.latency_ms},
    }


def events(reply: Reply) -> Iterator[tuple[str, dict[str, Any]]]:
    """(kind, payload) of the same answer as it is streamed."""
    yield "messageStart", {"role": "assistant"}
    for piece in pieces(reply.text):
        yield "contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": piece}}
    yield "contentBlockStop", {"contentBlockIndex": 0}
    yield "messageStop", {"stopReason": reply.stop_reason}
    yield "metadata", {"usage": _usage(reply), "metrics": {"latencyMs": reply.latency_ms}}
