"""The real LiteLLM with the hook, at `active`: whose name a call bears, what it reaches, what no caller can choose."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rollout import names
from tests.litellm.world import ACCOUNT, ALICE, BOB, DIRECT, GRACE, Proxy, World, headers, message, refusal


def asked(world: World, gateway: Proxy, key: str, **more: Any) -> tuple[int, list[dict[str, Any]]]:
    """The status, and Bedrock's records of it."""
    before = len(world.records())
    answer = gateway.ask(key, **more)
    return answer.status_code, world.records()[before:]


def test_a_call_bears_the_persons_own_name_and_goes_through_their_cohorts_profile(
    world: World, gateway: Proxy, keys: dict[str, str]
) -> None:
    for person, cohort in ((ALICE, "pilot"), (GRACE, "second")):
        status, (record,) = asked(world, gateway, keys[person], text="[tokens input=2000 output=500 cache_read=90000]")
        assert status == 200
        role = f"arn:aws:sts::{ACCOUNT.id}:assumed-role/{names.role(cohort)}/{person}"
        assert (record["identity"]["arn"], record["modelId"]) == (role, world.profiles[cohort]["sonnet"])
        counted = (record["input"]["inputTokenCount"], record["output"]["outputTokenCount"])
        assert (counted, record["input"]["cacheReadInputTokenCount"]) == ((2000, 500), 90000)


@pytest.mark.parametrize("model", ["haiku", "claude-haiku-4-5", "anthropic.claude-haiku-4-5-20251001-v1:0"])
def test_a_model_by_any_of_its_names_is_the_cohorts_own_profile(
    world: World, gateway: Proxy, keys: dict[str, str], model: str
) -> None:
    status, (record,) = asked(world, gateway, keys[ALICE], model=model)
    assert (status, record["modelId"]) == (200, world.profiles["pilot"]["haiku"])


def test_a_stream_arrives_as_events_and_says_what_was_used(world: World, gateway: Proxy, keys: dict[str, str]) -> None:
    told = message("[tokens input=30 output=7]", stream=True)
    events: list[dict[str, Any]] = []
    with DIRECT.stream("POST", f"{gateway.url}/v1/messages", headers=headers(keys[ALICE]), json=told) as answer:
        assert answer.status_code == 200
        events += [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert [event["type"] for event in events][-1] == "message_stop"
    assert next(event for event in events if event["type"] == "message_delta")["usage"]["output_tokens"] == 7
    assert world.records()[-1]["operation"] == "InvokeModelWithResponseStream"


@pytest.mark.parametrize("model", ["opus", "claude-opus-4-8", "anthropic.claude-sonnet-4-6x", "*", "bedrock/sonnet"])
def test_a_model_that_the_cohort_does_not_have_reaches_nobody(
    world: World, gateway: Proxy, keys: dict[str, str], model: str
) -> None:
    status, records = asked(world, gateway, keys[ALICE], model=model)
    assert (status, records) == (403, [])


def test_another_cohorts_profile_is_none_of_a_persons(world: World, gateway: Proxy, keys: dict[str, str]) -> None:
    assert asked(world, gateway, keys[ALICE], model=world.profiles["second"]["sonnet"]) == (403, [])


def test_who_is_in_no_cohorts_group_or_sends_no_token_of_okta_is_refused_with_a_sentence(
    world: World, gateway: Proxy, keys: dict[str, str]
) -> None:
    # Bob is in the crowd's group; somebody whom Okta lets into the app's group alone is no member of the item.
    stranger = "owen.murphy@acme.example"
    world.okta.join("second", stranger)
    status, said = refusal(gateway.ask(world.okta.key(stranger)))
    assert (status, said.partition(";")[0]) == (403, f"Claude Code is not given to {stranger} here")
    assert refusal(gateway.ask("sk-ant-something"))[0] == 401
    assert refusal(gateway.ask(f"{keys[ALICE].partition('~')[0]}~{keys[BOB].partition('~')[2]}"))[0] == 401
    thin = gateway.ask(keys[ALICE].partition("~")[0])
    assert refusal(thin)[0] == 401


THEIRS: list[dict[str, Any]] = [
    {"api_base": "http://127.0.0.1:9"},
    {"base_url": "http://127.0.0.1:9"},
    {"api_key": "theirs"},
    {"aws_role_name": "arn:aws:iam::123456789012:role/claude-code-second", "aws_session_name": GRACE},
    {"aws_access_key_id": "sandbox", "aws_secret_access_key": "-"},
    {"aws_session_name": GRACE},
    {"aws_bedrock_runtime_endpoint": "http://127.0.0.1:9"},
    {"aws_region_name": "eu-west-1"},
    {"model_id": "anthropic.claude-opus-4-8"},
    {"fallbacks": ["haiku"]},
    {"mock_response": "made up"},
    {"custom_llm_provider": "openai"},
    {"user_config": {"model_list": []}},
    {"router_settings_override": {"num_retries": 3}},
    {"litellm_metadata": {"user_api_key_user_id": GRACE, "model_info": {"id": "x"}}},
    {"litellm_params": {"aws_role_name": "x"}},
    {"metadata": {"user_id": "u", "tags": ["x"], "user_api_key_auth": {"user_id": GRACE}}},
    {"extra_headers": {"X-Amzn-Bedrock-GuardrailIdentifier": "x"}},
    {"litellm_call_id": "theirs", "litellm_logging_obj": {"litellm_call_id": "theirs"}},
    {"proxy_server_request": {"headers": {"anthropic-beta": "x"}, "body": {}}},
    {"secret_fields": {"raw_headers": {}}, "litellm_session_id": "theirs"},
    {"success_callback": ["langsmith"], "langsmith_base_url": "http://127.0.0.1:9"},
    {"original_function": "x", "start_time": 0},
    {"guardrailConfig": {"guardrailIdentifier": "x", "guardrailVersion": "1"}},
    {"num_retries": 5, "timeout": 0.001},
    {"cache": {"no-cache": True}, "no-log": True, "logger_fn": "x", "drop_params": False},
]


@pytest.mark.parametrize("theirs", THEIRS, ids="-".join)
def test_nothing_that_a_caller_adds_changes_who_calls_whom(
    world: World, gateway: Proxy, keys: dict[str, str], theirs: dict[str, Any]
) -> None:
    """Refused by LiteLLM, or without effect."""
    before = len(world.calls())
    status, records = asked(world, gateway, keys[ALICE], **theirs)
    called = [call["operation"] for call in world.calls()[before:] if call["service"] in {"sts", "bedrock"}]
    assert (status == 200, len(records), len(called)) in {(True, 1, 1), (False, 0, 0)}
    for record in records:
        assert record["identity"]["arn"].endswith(f"/{names.role('pilot')}/{ALICE}")
        assert record["modelId"] == world.profiles["pilot"]["sonnet"]


@pytest.mark.parametrize(
    "theirs",
    [
        {"Authorization": "Bearer theirs"},
        {"X-Amz-Security-Token": "theirs"},
        {"X-Amz-Date": "x"},
        {"Host": "evil.example"},
        {"X-Amzn-Bedrock-Service-Tier": "priority"},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("form", [list, dict])
def test_no_field_gives_bedrock_a_header_even_where_no_header_of_anthropics_came(
    world: World, gateway: Proxy, keys: dict[str, str], theirs: dict[str, str], form: type
) -> None:
    """LiteLLM overwrites the field only where such a header came."""
    header = {"custom_llm_provider": "bedrock", "extra_headers": theirs}
    told = message(provider_specific_header=header if form is dict else [header])
    before = len(world.records())
    answer = DIRECT.post(f"{gateway.url}/v1/messages", headers={"authorization": f"Bearer {keys[ALICE]}"}, json=told)
    assert answer.status_code == 200
    [record] = world.records()[before:]
    assert record["identity"]["arn"].endswith(f"/{names.role('pilot')}/{ALICE}")


def test_what_is_no_message_is_the_callers_mistake(gateway: Proxy, keys: dict[str, str]) -> None:
    for content in ({"type": ["x"]}, {"type": "image", "source": {"type": ["url"]}}, {"type": "image", "source": []}):
        answer = gateway.ask(keys[ALICE], messages=[{"role": "user", "content": [content]}])
        assert answer.status_code == 400, answer.text


STEERING = [
    "x-litellm-api-key",
    "x-litellm-tags",
    "x-litellm-timeout",
    "x-litellm-num-retries",
    "x-litellm-end-user-id",
]


@pytest.mark.parametrize("header", STEERING)
def test_no_header_steers_it(world: World, gateway: Proxy, keys: dict[str, str], header: str) -> None:
    before = len(world.records())
    told = {**headers(keys[ALICE]), header: "0"}
    assert DIRECT.post(f"{gateway.url}/v1/messages", headers=told, json=message()).status_code == 200
    assert [record["identity"]["arn"].rpartition("/")[2] for record in world.records()[before:]] == [ALICE]


OTHERS = ["/v1/chat/completions", "/v1/messages/count_tokens", "/bedrock/model/x/invoke", "/key/generate", "/mcp"]


@pytest.mark.parametrize("path", OTHERS)
def test_of_litellms_other_routes_none_answers(gateway: Proxy, keys: dict[str, str], path: str) -> None:
    answer = DIRECT.post(gateway.url + path, headers=headers(keys[ALICE]), json=message())
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")


def test_what_aws_refuses_one_person_costs_nobody_else_the_model(
    world: World, gateway: Proxy, keys: dict[str, str]
) -> None:
    """LiteLLM would shut a model to all for a while after such errors."""
    iam, alone = world.client("iam"), {"StringLike": {"aws:userid": f"*:{ALICE}"}}
    denied = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": alone}
    document = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_role_policy(RoleName=names.role("pilot"), PolicyName="stop", PolicyDocument=document)
    try:
        for _ in range(12):
            assert gateway.ask(keys[ALICE]).status_code == 403
            assert gateway.ask(keys[BOB]).status_code == 200
    finally:
        iam.delete_role_policy(RoleName=names.role("pilot"), PolicyName="stop")
    assert gateway.ask(keys[ALICE]).status_code == 200


def test_its_log_has_who_and_what_and_no_token_no_key_and_no_prompt(gateway: Proxy, keys: dict[str, str]) -> None:
    gateway.ask(keys[ALICE], text="the-prompt-itself")
    gateway.ask(keys[ALICE], text="the-prompt-itself", model="opus")
    served, refused = gateway.said()[-2:]
    assert {**served, "at": ""} == {
        "at": "",
        "gateway": "served",
        "user_id": ALICE,
        "cohort": "pilot",
        "level": "active",
        "model": "sonnet",
    }
    assert (refused["gateway"], refused["user_id"], refused["why"]) == ("refused", ALICE, "model")
    text = gateway.log.read_text(encoding="utf-8")
    for key in keys.values():
        identity, _, access = key.partition("~")
        assert identity not in text
        assert access not in text
    assert "the-prompt-itself" not in text
    assert "aws_secret" not in text
