"""What a role's session may do with queues, tables, logs and metrics in the sandbox, and as whom it sends."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.settings import ACCOUNT_ID
from sandbox.tests.aws_harness import serving
from sandbox.tests.identity_provider import IdentityProvider
from tests.with_sandbox.cohort import ALICE, World

QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT_ID}:findings"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT_ID}:table/usage"
OWN = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["me#${aws:userid}"]}}
LOG = {"logGroupName": "/findings", "logStreamName": "s"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    idp = IdentityProvider()
    folder: Path = tmp_path_factory.mktemp("aws")
    with serving(folder, idp.jwks) as aws:
        made = World(aws, idp).build()
        made.client("sqs").create_queue(QueueName="findings", Attributes={"MaximumMessageSize": "1024"})
        made.client("dynamodb").create_table(
            TableName="usage",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        made.client("logs").create_log_group(logGroupName="/findings", deletionProtectionEnabled=True)
        made.client("logs").create_log_stream(**LOG)
        made.allow(
            {"Action": "sqs:SendMessage", "Resource": QUEUE},
            {"Action": "dynamodb:GetItem", "Resource": TABLE, "Condition": OWN},
        )
        yield made


def url(world: World) -> str:
    return world.client("sqs").get_queue_url(QueueName="findings")["QueueUrl"]


def test_a_message_names_the_session_that_sent_it_and_not_what_it_says(world: World) -> None:
    world.member(service="sqs").send_message(QueueUrl=url(world), MessageBody='{"user": "bob"}')
    told = world.client("sqs").receive_message(QueueUrl=url(world), AttributeNames=["All"])["Messages"][0]
    role, _, session = told["Attributes"]["SenderId"].partition(":")
    assert (role[:4], session) == ("AROA", ALICE)


def test_a_message_that_is_too_long_is_refused(world: World) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        world.member(service="sqs").send_message(QueueUrl=url(world), MessageBody="x" * 1025)


@pytest.mark.parametrize("operation", ["receive_message", "purge_queue", "get_queue_attributes"])
def test_who_may_send_may_do_nothing_else_with_a_queue(world: World, operation: str) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        getattr(world.member(service="sqs"), operation)(QueueUrl=url(world))


def test_only_the_item_of_the_own_session_can_be_read(world: World) -> None:
    alice, role = world.member(service="dynamodb"), world.client("iam").get_role(RoleName="claude-pilot")["Role"]
    asked: dict[str, Any] = {"TableName": "usage", "Key": {"id": {"S": f"me#{role['RoleId']}:{ALICE}"}}}
    assert "Item" not in alice.get_item(**asked)
    for key in (f"me#{role['RoleId']}:grace.liu@acme.example", f"user-day#{ALICE}#2026-11-23", "month#2026-11"):
        with pytest.raises(ClientError, match="AccessDenied"):
            alice.get_item(TableName="usage", Key={"id": {"S": key}})
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.put_item(TableName="usage", Item={"id": asked["Key"]["id"]})
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.scan(TableName="usage")
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.batch_get_item(RequestItems={"usage": {"Keys": [asked["Key"]]}})


def test_a_session_without_the_right_writes_no_log_and_no_metric_and_a_long_lived_key_does(world: World) -> None:
    event = {"timestamp": int(time.time() * 1000), "message": "{}"}
    with pytest.raises(ClientError, match="AccessDenied"):
        world.member(service="logs").put_log_events(**LOG, logEvents=[event])
    data = [{"MetricName": "Usd", "Value": 1.0}]
    with pytest.raises(ClientError, match="AccessDenied"):
        world.member(service="cloudwatch").put_metric_data(Namespace="x", MetricData=data)
    world.client("logs").put_log_events(**LOG, logEvents=[event])
    world.client("cloudwatch").put_metric_data(Namespace="x", MetricData=data)


def test_a_protected_log_group_is_not_deleted_until_its_protection_is_lifted(world: World) -> None:
    logs = world.client("logs")
    logs.create_log_group(logGroupName="/kept")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/kept", deletionProtectionEnabled=True)
    told = {one["logGroupName"]: one["deletionProtectionEnabled"] for one in logs.describe_log_groups()["logGroups"]}
    assert told == {"/findings": True, "/kept": True}
    with pytest.raises(ClientError, match="ValidationException"):
        logs.delete_log_group(logGroupName="/kept")
    [arn] = [one["logGroupArn"] for one in logs.describe_log_groups(logGroupNamePrefix="/kept")["logGroups"]]
    logs.put_log_group_deletion_protection(logGroupIdentifier=arn, deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="/kept")
