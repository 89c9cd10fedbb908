"""What people use is counted from Bedrock's own log, in the deployed stack, also after a rollback."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sandbox.settings import ACCOUNT_ID, REGION
from tests.drill.traffic import bedrock
from tests.engine.access.test_levels import set_level
from tests.engine.world import World

ALICE = "alice.chen@acme.example"
USAGE = "/claude-code/pilot/usage"
# What the sandbox's Bedrock says it used.
USED = "[tokens input=2000 output=500 cache_read=90000 cache_write=1000]"
# At the stack file's prices.
SONNET = (Decimal(2000) * 2 + Decimal(500) * 10 + Decimal(90000) * Decimal("0.1") + 1000 * Decimal("2.5")) / 10**6


def ask(world: World, session: dict[str, Any], profile: str, said: str = USED) -> None:
    message = {"role": "user", "content": said}
    body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 16, "messages": [message]})
    bedrock(world, session).invoke_model(modelId=profile, body=body)["body"].read()


def counters(world: World) -> dict[str, dict[str, Decimal]]:
    """By key without its period: what was counted."""
    world.settle()
    items: list[dict[str, Any]] = world.aws("dynamodb").scan(TableName="claude-code-usage")["Items"]
    return {
        item["id"]["S"].rpartition("#")[0]: {name: Decimal(value["N"]) for name, value in item.items() if "N" in value}
        for item in items
        if item["id"]["S"].partition("#")[0] in {"user-day", "user-month", "team-day", "month"}
    }


def usage_lines(world: World) -> list[dict[str, Any]]:
    return [json.loads(event["message"]) for event in world.aws("logs").filter_log_events(logGroupName=USAGE)["events"]]


def dead_letters(world: World) -> list[dict[str, Any]]:
    sqs = world.aws("sqs")
    url = sqs.get_queue_url(QueueName="claude-code-records-dead")["QueueUrl"]
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in found]


def test_a_request_is_counted_for_its_user_team_and_month_to_the_micro_dollar(pilot: World) -> None:
    profiles = pilot.cohorts()["pilot"]["profile_arns"]
    session = pilot.sign_in(ALICE, "pilot")
    for _ in range(2):
        ask(pilot, session, profiles["sonnet"])
    found = counters(pilot)
    of_alice = {f"user-day#{ALICE}", f"user-month#{ALICE}"}
    assert set(found) == {*of_alice, "team-day#backend", "month"}
    for counted in found.values():
        del counted["expires"]
        assert counted == {
            "requests": 2,
            "usd": 2 * SONNET,
            **{kind: 2 * Decimal(n) for kind, n in (("input", 2000), ("output", 500))},
            **{kind: 2 * Decimal(n) for kind, n in (("cache_read", 90000), ("cache_write", 1000))},
        }
    lines = usage_lines(pilot)
    assert [(line["user_id"], line["model"], line["Usd"]) for line in lines] == [(ALICE, "sonnet", float(SONNET))] * 2
    assert dead_letters(pilot) == []


def test_a_record_that_comes_after_a_rollback_is_still_counted(pilot: World) -> None:
    profiles = pilot.cohorts()["pilot"]["profile_arns"]
    set_level(pilot, "rolled_back")
    pilot.up()
    record = {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-11-23T12:00:00Z",
        "requestId": "late",
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/claude-code-pilot/{ALICE}"},
        "region": REGION,
        "operation": "InvokeModel",
        "modelId": profiles["haiku"],
        "input": {"inputTokenCount": 1000},
        "output": {"outputTokenCount": 0},
    }
    unknown = record | {"requestId": "other", "modelId": profiles["haiku"] + "x"}
    logs = pilot.aws("logs")
    logs.create_log_stream(logGroupName="/claude-code/invocations", logStreamName="by-hand")
    for line in (record, record, unknown):
        event = {"timestamp": 1795435200000, "message": json.dumps(line)}
        logs.put_log_events(logGroupName="/claude-code/invocations", logStreamName="by-hand", logEvents=[event])
    # What is in no table is counted as the dearest model, 4 USD per million, and put aside to be looked at.
    assert counters(pilot)["month"]["usd"] == Decimal("0.0041")
    said = f"model: {profiles['haiku']}x: in no table; counted as opus"
    assert [letter["reason"] for letter in dead_letters(pilot)] == [said]
    set_level(pilot, "active")
    pilot.up()
    pilot.pulumi("preview", "--stack", "sandbox", "--refresh", "--expect-no-changes")
