"""The sandbox's Bedrock runtime: what is answered, and how many tokens it costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.with_sandbox.cohort import (
    ACCOUNT,
    CALLS,
    OPERATIONS,
    SONNET_MODEL,
    World,
    body,
    counts,
    invoke,
    refusal,
    remembered,
    said,
    streamed,
)

# What is answered


def test_a_message_is_answered_in_anthropic_s_format(world: World):
    answer = world.root.invoke_model(modelId=world.profiles["sonnet"], body=body("x" * 41))
    message = json.loads(answer["body"].read())
    assert (message["type"], message["role"], message["stop_reason"]) == ("message", "assistant", "end_turn")
    assert message["model"] == "claude-sonnet-4-6"
    assert message["content"][0]["type"] == "text"
    assert message["usage"]["input_tokens"] == 11
    assert message["usage"]["output_tokens"] == -(-len(message["content"][0]["text"]) // 4)
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-bedrock-input-token-count"] == "11"
    assert invoke(world.root, world.profiles["sonnet"], "x" * 41) == message


def test_a_stream_tells_the_same_message_bit_by_bit(world: World):
    whole = invoke(world.root, world.profiles["sonnet"])
    events = streamed(world.root, world.profiles["sonnet"])
    kinds = list(dict.fromkeys(event["type"] for event in events))
    assert kinds == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    text = "".join(event["delta"]["text"] for event in events if event["type"] == "content_block_delta")
    assert text == whole["content"][0]["text"]
    assert events[-1]["amazon-bedrock-invocationMetrics"]["inputTokenCount"] == whole["usage"]["input_tokens"]


def test_a_conversation_is_answered_in_bedrock_s_own_format(world: World):
    answer = world.root.converse(
        modelId=world.profiles["sonnet"], messages=said("Hello"), system=[{"text": "Be brief."}]
    )
    assert answer["stopReason"] == "end_turn"
    assert answer["output"]["message"]["role"] == "assistant"
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    stream = world.root.converse_stream(
        modelId=world.profiles["sonnet"], messages=said("Hello"), system=[{"text": "Be brief."}]
    )["stream"]
    events = list(stream)
    deltas = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "".join(deltas) == answer["output"]["message"]["content"][0]["text"]
    assert events[-1]["metadata"]["usage"] == usage


def test_an_answer_ends_where_max_tokens_does(world: World):
    message = invoke(world.root, world.profiles["sonnet"], max_tokens=2)
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("max_tokens", 2)
    assert len(message["content"][0]["text"]) == 8


@pytest.mark.parametrize(
    "model",
    [
        SONNET_MODEL,
        f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET_MODEL}",
        f"global.{SONNET_MODEL}",
        ACCOUNT.bedrock(f"inference-profile/us.{SONNET_MODEL}"),
    ],
)
@OPERATIONS
def test_a_model_is_named_by_id_or_arn_of_itself_or_of_a_profile(world: World, operation: str, model: str):
    CALLS[operation](world.root, model)


def test_an_application_profile_may_be_named_by_its_id(world: World):
    invoke(world.root, world.profiles["sonnet"].rpartition("/")[2])


@pytest.mark.parametrize(
    "model",
    [
        "anthropic.claude-imagined",
        f"eu.{SONNET_MODEL}",
        f"arn:aws:bedrock:us-west-2::foundation-model/{SONNET_MODEL}",
        f"arn:aws:bedrock:us-east-1:{'1' * 12}:application-inference-profile/abc123def456",
    ],
)
@OPERATIONS
def test_what_names_no_model_is_refused(world: World, operation: str, model: str):
    code, status, message = refusal(lambda: CALLS[operation](world.root, model))
    assert (code, status) == ("ValidationException", 400)
    assert message == "The provided model identifier is invalid."


@OPERATIONS
def test_a_profile_that_is_gone_is_not_found(world: World, operation: str):
    world.client("bedrock").delete_inference_profile(inferenceProfileIdentifier=world.profiles["sonnet"])
    assert refusal(lambda: CALLS[operation](world.root, world.profiles["sonnet"]))[:2] == (
        "ResourceNotFoundException",
        404,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"anthropic_version": None}, "anthropic_version: Field required"),
        ({"anthropic_version": "2023-06-01"}, "anthropic_version: Input should be 'bedrock-2023-05-31'"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"max_tokens": 0}, "max_tokens: Input should be greater than or equal to 1"),
        ({"max_tokens": "9"}, "max_tokens: Input should be a valid integer"),
        ({"messages": None}, "messages: Field required"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages.0.role: Input should be 'user' or 'assistant'"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages.0.content: Input should be"),
        ({"messages": [{"role": "user", "content": []}]}, "messages.0: all messages must have non-empty content"),
        ({"stream": True}, "stream: Extra inputs are not permitted"),
        ({"model": "x"}, "model: Extra inputs are not permitted"),
    ],
)
def test_a_malformed_message_is_refused(world: World, changes: dict[str, Any], words: str):
    code, status, message = refusal(lambda: invoke(world.root, world.profiles["sonnet"], **changes))
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith(words)


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_body_that_is_no_object_is_refused(world: World, text: str):
    code, _, message = refusal(lambda: world.root.invoke_model(modelId=world.profiles["sonnet"], body=text))
    assert code == "ValidationException"
    assert message.startswith("Malformed input request: ")


def test_a_conversation_starts_with_a_user(world: World):
    messages = [{"role": "assistant", "content": [{"text": "Hello"}]}]
    code, _, message = refusal(lambda: world.root.converse(modelId=world.profiles["sonnet"], messages=messages))
    assert code == "ValidationException"
    assert message.startswith("A conversation must start with a user message.")


# Tokens


def test_a_test_may_say_how_many_tokens_a_call_costs(world: World):
    text = "Read this [tokens input=1200 output=300 cache_read=5000 cache_write=7]"
    assert invoke(world.root, world.profiles["sonnet"], text)["usage"] == {
        "input_tokens": 1200,
        "output_tokens": 300,
        "cache_read_input_tokens": 5000,
        "cache_creation_input_tokens": 7,
        "cache_creation": {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 0},
    }
    usage = world.root.converse(modelId=world.profiles["sonnet"], messages=said("[tokens output=9]"))["usage"]
    assert (usage["inputTokens"], usage["outputTokens"]) == (5, 9)


def test_a_later_message_may_be_the_systems_and_the_first_may_not(world: World):
    system, user = {"role": "system", "content": "Today is Monday."}, {"role": "user", "content": "hello"}

    def ask(*messages: dict[str, str]) -> Any:
        asked = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 16, "messages": messages}
        return world.root.invoke_model(modelId=world.profiles["sonnet"], body=json.dumps(asked))

    assert json.loads(ask(user, system)["body"].read())["role"] == "assistant"
    assert refusal(lambda: ask(system, user))[0] == "ValidationException"


def test_what_is_to_stay_for_an_hour_is_told_apart_in_the_answer_and_in_the_record(world: World):
    world.keep_records()
    system = [remembered("a" * 400, "1h"), remembered("b" * 80)]
    written = invoke(world.root, world.profiles["sonnet"], "q" * 8, system=system)["usage"]
    assert written["cache_creation"] == {"ephemeral_5m_input_tokens": 20, "ephemeral_1h_input_tokens": 100}
    [record] = world.records()
    assert record["input"]["cacheWriteInputTokenCount"] == 120
    assert record["input"]["cacheDetails"] == [{"ttl": "5m", "inputTokens": 20}, {"ttl": "1h", "inputTokens": 100}]


@pytest.mark.parametrize("spelled", [str.upper, lambda arn: arn.rpartition("/")[2]])
def test_a_profile_may_be_called_in_capitals_and_by_its_id_alone(world: World, spelled: Callable[[str], str]):
    assert world.root.invoke_model(modelId=spelled(world.profiles["sonnet"]), body=body("hello"))["contentType"]


def test_what_is_marked_is_written_to_the_cache_once_and_then_read(world: World):
    def ask(system: list[dict[str, Any]], model: str = "sonnet") -> tuple[int, int, int]:
        return counts(invoke(world.root, world.profiles[model], "q" * 8, system=system))

    first = [remembered("s" * 400)]
    assert ask(first) == (2, 0, 100)
    assert ask(first) == (2, 100, 0)
    assert ask([*first, remembered("t" * 40)]) == (2, 100, 10)
    assert ask([remembered("S" * 400)]) == (2, 0, 100)
    assert ask(first, "haiku") == (2, 0, 100)


def test_a_conversation_that_goes_on_reads_what_it_wrote(world: World):
    def ask(*texts: str) -> tuple[int, int, int]:
        *before, last = texts
        roles = ("user", "assistant")
        messages: list[dict[str, Any]] = [
            {"role": roles[number % 2], "content": text} for number, text in enumerate(before)
        ]
        messages.append({"role": "user", "content": [remembered(last)]})
        return counts(invoke(world.root, world.profiles["sonnet"], messages=messages))

    assert ask("a" * 40) == (0, 0, 10)
    assert ask("a" * 40, "b" * 40, "c" * 40) == (0, 10, 20)


def test_a_cache_point_marks_what_is_before_it(world: World):
    system = [{"text": "s" * 400}, {"cachePoint": {"type": "default"}}]

    def ask() -> tuple[int, int, int]:
        answer = world.root.converse(modelId=world.profiles["sonnet"], messages=said("q" * 8), system=system)
        usage = answer["usage"]
        return usage["inputTokens"], usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]

    assert (ask(), ask()) == ((2, 0, 100), (2, 100, 0))
