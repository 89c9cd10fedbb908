"""The sandbox's Bedrock runtime: what is recorded and measured of a call, and what is left after a restart."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rollout.levels import Level
from rollout.model.cohort import Cohort
from sandbox.settings import ACCOUNT_ID, REGION
from sandbox.tests.aws_harness import serving
from sandbox.tests.identity_provider import IdentityProvider
from tests.cut_documents import whole_stop
from tests.with_sandbox.cohort import (
    ACCOUNT,
    CALLS,
    GROUP,
    LONG_AGO,
    OPERATIONS,
    SESSION,
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

# What stays behind


def test_a_call_is_recorded_without_its_text(world: World):
    world.keep_records()
    member = world.member()
    profile = world.profiles["sonnet"]
    answer = member.invoke_model(
        modelId=profile, body=body("secret [tokens input=1200 output=300 cache_read=5000 cache_write=7]")
    )
    [record] = world.records()
    at = datetime.fromisoformat(record.pop("timestamp"))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=1)
    assert record == {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "accountId": ACCOUNT_ID,
        "identity": {"arn": SESSION},
        "region": REGION,
        "requestId": answer["ResponseMetadata"]["RequestId"],
        "operation": "InvokeModel",
        "modelId": profile,
        "inferenceRegion": REGION,
        "input": {
            "inputContentType": "application/json",
            "inputTokenCount": 1200,
            "cacheReadInputTokenCount": 5000,
            "cacheWriteInputTokenCount": 7,
        },
        "output": {"outputContentType": "application/json", "outputTokenCount": 300},
    }


@OPERATIONS
def test_text_is_recorded_where_its_delivery_is_on(world: World, operation: str):
    world.keep_records(textDataDeliveryEnabled=True)
    CALLS[operation](world.root, SONNET_MODEL)
    [record] = world.records()
    assert record["operation"] == operation
    assert "Hello" in json.dumps(record["input"]["inputBodyJson"])
    assert "The sandbox read" in json.dumps(record["output"]["outputBodyJson"])
    assert record["identity"]["arn"] == ACCOUNT.iam("root")
    assert "inferenceRegion" not in record


def test_what_a_caller_says_of_a_request_is_recorded(world: World):
    world.keep_records()
    world.root.converse(modelId=SONNET_MODEL, messages=said("Hello"), requestMetadata={"ticket": "42"})
    world.root.invoke_model(modelId=SONNET_MODEL, body=body(), requestMetadata=json.dumps({"ticket": "43"}))
    assert [record["requestMetadata"] for record in world.records()] == [{"ticket": "42"}, {"ticket": "43"}]


def test_refused_bodies_are_recorded_and_refused_callers_are_not(world: World):
    world.keep_records()
    refusal(lambda: invoke(world.member(), SONNET_MODEL))
    assert world.records() == []
    refusal(lambda: invoke(world.root, world.profiles["sonnet"], max_tokens=0))
    [record] = world.records()
    assert record["errorCode"] == "ValidationException"
    assert "output" not in record


def test_calls_are_measured_by_the_last_part_of_what_they_name(world: World):
    world.keep_records()
    told = "[tokens input=1200 output=300 cache_read=5000 cache_write=7]"
    member, profile = world.member(), world.profiles["sonnet"]
    invoke(member, profile, told)
    streamed(member, profile, told)
    refusal(lambda: invoke(member, profile, max_tokens=0))
    assert world.metrics(profile.rpartition("/")[2]) == {
        "Invocations": 2,
        "InvocationLatency": 6400,
        "TimeToFirstToken": 200,
        "InputTokenCount": 2400,
        "OutputTokenCount": 600,
        "CacheReadInputTokens": 10000,
        "CacheWriteInputTokens": 14,
        "InvocationClientErrors": 1,
    }
    assert world.metrics("Across all model IDs") == {"ModelInvocationLogsCloudWatchDeliverySuccess": 3}


def test_calls_at_the_same_time_are_all_counted(world: World):
    world.keep_records()
    member, profile = world.member(), world.profiles["sonnet"]
    with ThreadPoolExecutor(8) as pool:
        system = [remembered("s" * 400)]
        calls = [pool.submit(invoke, member, profile, str(number), system=system) for number in range(40)]
        answers = [call.result() for call in calls]
    assert sorted(counts(answer)[2] for answer in answers)[-2:] == [0, 100]
    assert len({record["requestId"] for record in world.records()}) == 40
    assert world.metrics(profile.rpartition("/")[2])["Invocations"] == 40
    assert world.metrics("Across all model IDs") == {"ModelInvocationLogsCloudWatchDeliverySuccess": 40}


def test_a_record_that_cannot_be_delivered_is_counted_and_fails_no_call(world: World):
    world.keep_records()
    world.client("logs").delete_log_group(logGroupName=GROUP)
    invoke(world.member(), world.profiles["sonnet"])
    assert world.metrics("Across all model IDs") == {"ModelInvocationLogsCloudWatchDeliveryFailure": 1}


@OPERATIONS
def test_the_journal_names_the_operation_and_not_the_model(world: World, operation: str):
    world.aws.control("DELETE", "calls")
    CALLS[operation](world.root, world.profiles["sonnet"])
    [call] = world.aws.control("GET", "calls")
    assert (call["service"], call["operation"], call["status"]) == ("bedrock", operation, 200)


@OPERATIONS
def test_a_call_may_be_throttled_on_demand(world: World, operation: str):
    world.aws.control("POST", "faults", {"match": f"^{operation}$", "status": 429})
    assert refusal(lambda: CALLS[operation](world.root, world.profiles["sonnet"])) == (
        "ThrottlingException",
        429,
        "Too many requests, please wait before trying again.",
    )
    CALLS[operation](world.root, world.profiles["sonnet"])


def test_sessions_records_metrics_and_the_cache_survive_a_restart(tmp_path: Path, idp: IdentityProvider):
    system = [remembered("s" * 400)]
    with serving(tmp_path, idp.jwks) as aws:
        before = World(aws, idp).build()
        before.keep_records()
        keys = before.keys()
        invoke(before.root, before.profiles["sonnet"], system=system)
        before.put("stop", whole_stop(Cohort(level=Level.ACTIVE, models=("haiku",), sessions_valid_from=LONG_AGO)))
    with serving(tmp_path, idp.jwks) as aws:
        after = World(aws, idp)
        member = after.client("bedrock-runtime", key=keys["AccessKeyId"], aws_session_token=keys["SessionToken"])
        assert counts(invoke(member, before.profiles["sonnet"], system=system))[1:] == (100, 0)
        assert len(after.records()) == 2
        assert after.metrics(before.profiles["sonnet"].rpartition("/")[2])["Invocations"] == 2
