"""Tools that the sandbox's Bedrock calls because a prompt says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.aws.models import anthropic_messages, prompts

PUSH = '[tool Bash {"command": "git push", "description": "[x] {y}"}]'
BASH = {"name": "Bash", "input_schema": {"type": "object"}}


def user(*texts: str) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": text} for text in texts]}


def answer(messages: list[dict[str, Any]], *tools: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Whole, and as it is streamed."""
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 99, "messages": messages, "tools": list(tools)}
    reply = prompts.reply(anthropic_messages.read(json.dumps(body).encode()), "claude", {}, 0)
    return anthropic_messages.message(reply, "claude"), list(anthropic_messages.events(reply, "claude"))


def gone_on(messages: list[dict[str, Any]], said: dict[str, Any]) -> list[dict[str, Any]]:
    result = {"type": "tool_result", "tool_use_id": said["content"][0]["id"], "content": PUSH}
    return [*messages, {"role": "assistant", "content": said["content"]}, {"role": "user", "content": [result]}]


def test_a_prompt_has_tools_called_in_turn_and_then_gets_a_text():
    messages, called = [user("First this " + PUSH, 'and [tool Bash {"command": "ls"}]')], []
    for _ in range(2):
        said, _ = answer(messages, BASH)
        assert said["stop_reason"] == "tool_use"
        called.append(said["content"][0]["input"]["command"])
        messages = gone_on(messages, said)
    said, _ = answer(messages, BASH)
    assert called == ["git push", "ls"]
    assert (said["stop_reason"], said["content"][0]["type"]) == ("end_turn", "text")
    assert len({message["content"][0]["id"] for message in messages if message["role"] == "assistant"}) == 2


def test_a_tool_call_is_streamed_as_pieces_of_its_input():
    said, events = answer([user(PUSH)], BASH)
    [block] = [event["content_block"] for event in events if event["type"] == "content_block_start"]
    assert block == {**said["content"][0], "input": {}}
    pieces = [event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta"]
    assert json.loads("".join(pieces)) == {"command": "git push", "description": "[x] {y}"}
    assert next(event for event in events if event["type"] == "message_delta")["delta"]["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    "text", ['[tool Write {"a": 1}]', "[tool Bash {oops}]", '[tool Bash {"a": 1}', "[tool Bash 1]"]
)
def test_what_is_not_offered_or_not_written_out_is_not_called(text: str):
    said, _ = answer([user(text)], BASH)
    assert said["content"][0]["type"] == "text"
