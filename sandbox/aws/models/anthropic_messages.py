"""The Anthropic messages format, as Bedrock's InvokeModel takes and gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sandbox.aws.models import tool_calls
from sandbox.aws.models.prompts import FIRST_BYTE_MS, Block, Prompt, Reply, pieces, seconds

VERSION = "bedrock-2023-05-31"
REQUIRED = ("anthropic_version", "max_tokens", "messages")
ROLES = ("user", "assistant")
# After the first message: what Claude Code 2.1.332 sends to the models of 5.5 through a profile, and to no older one.
LATER_ROLES = (*ROLES, "system")
# Of Anthropic's own API; Bedrock has the path say it.
ELSEWHERE = ("model", "stream")


class Malformed(ValueError):  # noqa: N818 - says what is wrong with a body
    """Worded for a ValidationException."""


def _known(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Malformed("Malformed input request: expected an object, please reformat your input and try again.")
    missing = [name for name in REQUIRED if body.get(name) is None]
    if missing:
        raise Malformed(f"{missing[0]}: Field required")
    extra = [name for name in ELSEWHERE if name in body]
    if extra:
        raise Malformed(f"{extra[0]}: Extra inputs are not permitted")
    if body["anthropic_version"] != VERSION:
        raise Malformed(f"anthropic_version: Input should be '{VERSION}'")
    if type(body["max_tokens"]) is not int:
        raise Malformed("max_tokens: Input should be a valid integer")
    if body["max_tokens"] < 1:
        raise Malformed("max_tokens: Input should be greater than or equal to 1")
    return body


def _content(content: Any, path: str) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list) or not all(isinstance(block, dict) and "type" in block for block in content):
        raise Malformed(f"{path}: Input should be a valid string or list of content blocks")
    return content


def _messages(body: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    messages = body["messages"]
    if not isinstance(messages, list):
        raise Malformed("messages: Input should be a valid list")
    if not messages:
        raise Malformed("messages: at least one message is required")
    found: list[tuple[str, list[dict[str, Any]]]] = []
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in (LATER_ROLES if number else ROLES):
            raise Malformed(f"messages.{number}.role: Input should be 'user' or 'assistant'")
        content = _content(message.get("content"), f"messages.{number}.content")
        if not content:
            raise Malformed(f"messages.{number}: all messages must have non-empty content")
        found.append((message["role"], content))
    return found


def _block(given: dict[str, Any]) -> Block:
    text = given.get("text") if given.get("type") == "text" else None
    if not isinstance(text, str):
        text = json.dumps({key: value for key, value in given.items() if key != "cache_control"}, sort_keys=True)
    control = given.get("cache_control")
    return Block(text=text, cache_seconds=seconds(control) if isinstance(control, dict) else None)


def _tools(body: dict[str, Any]) -> list[dict[str, Any]]:
    tools = body.get("tools") or []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise Malformed("tools: Input should be a valid list")
    return tools


def read(text: bytes) -> Prompt:
    """Raises Malformed, in Bedrock's words."""
    try:
        given = json.loads(text)
    except ValueError as error:
        reason = "is not valid JSON, please reformat your input and try again."
        raise Malformed(f"Malformed input request: {reason}") from error
    body = _known(given)
    messages = _messages(body)
    system, tools = _content(body.get("system") or [], "system"), _tools(body)
    blocks = [*tools, *system, *(block for _, content in messages for block in content)]
    asked = next((content for role, content in reversed(messages) if role == "user"), [])
    return Prompt(
        blocks=tuple(_block(block) for block in blocks),
        asked="\n".join(str(block.get("text", "")) for block in asked),
        max_tokens=body["max_tokens"],
        tool=tool_calls.due(messages, (str(tool.get("name")) for tool in tools)),
    )


def _usage(reply: Reply) -> dict[str, Any]:
    written = reply.usage.by_ttl
    return {
        "input_tokens": reply.usage.input,
        "cache_creation_input_tokens": reply.usage.cache_write,
        "cache_creation": {f"ephemeral_{ttl}_input_tokens": written.get(ttl, 0) for ttl in ("5m", "1h")},
        "cache_read_input_tokens": reply.usage.cache_read,
        "output_tokens": reply.usage.output,
    }


def _said(reply: Reply) -> dict[str, Any]:
    if reply.tool is None:
        return {"type": "text", "text": reply.text}
    tool = reply.tool
    return {"type": "tool_use", "id": f"toolu_bdrk_{reply.digest[:24]}", "name": tool.name, "input": tool.input}


def message(reply: Reply, model: str) -> dict[str, Any]:
    return {
        "model": model.removeprefix("anthropic."),
        "id": f"msg_bdrk_{reply.digest[:24]}",
        "type": "message",
        "role": "assistant",
        "content": [_said(reply)],
        "stop_reason": reply.stop_reason,
        "stop_sequence": None,
        "usage": _usage(reply),
    }


def events(reply: Reply, model: str) -> Iterator[dict[str, Any]]:
    """The same message as it is streamed."""
    start = message(reply, model)
    begun = {"content": [], "stop_reason": None, "usage": {**_usage(reply), "output_tokens": 1}}
    yield {"type": "message_start", "message": start | begun}
    empty: dict[str, Any] = {"input": {}} if reply.tool else {"text": ""}
    yield {"type": "content_block_start", "index": 0, "content_block": _said(reply) | empty}
    kind, field = ("input_json_delta", "partial_json") if reply.tool else ("text_delta", "text")
    for piece in pieces(json.dumps(reply.tool.input) if reply.tool else reply.text):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": kind, field: piece}}
    yield {"type": "content_block_stop", "index": 0}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": reply.stop_reason, "stop_sequence": None},
        "usage": {"output_tokens": reply.usage.output},
    }
    yield {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": reply.usage.input,
            "outputTokenCount": reply.usage.output,
            "invocationLatency": reply.latency_ms,
            "firstByteLatency": FIRST_BYTE_MS,
            "cacheReadInputTokenCount": reply.usage.cache_read,
            "cacheWriteInputTokenCount": reply.usage.cache_write,
        },
    }
