"""People of the pilot, what they use today, and the policy that can stop them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from functions import meter
from rollout.access.quota_document import quota_document
from tests.authority.evaluator import ACCOUNT, Request, verdicts
from tests.meter.test_usage import ARN, record
from tests.meter.world import ALICE, SETTINGS, World

BOB = "bob.kim@acme.example"
NOW = datetime.now(UTC)
TODAY, MONTH = f"{NOW:%Y-%m-%d}", f"{NOW:%Y-%m}"
ALLOW = {"Effect": "Allow", "Action": "bedrock:InvokeModel", "Resource": "*"}
ROLE = "claude-code-pilot"


def of(user: str, number: int, output: int = 0) -> dict[str, Any]:
    """A request of today; a million tokens of output are 15 dollars."""
    identity = {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{user}"}
    return record(
        requestId=f"{user}-{number}",
        timestamp=NOW.isoformat(),
        identity=identity,
        input={"inputTokenCount": 0},
        output={"outputTokenCount": output},
    )


def alerts(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := world.sqs.receive_message(QueueUrl=world.notices, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"])["alert"])
            world.sqs.delete_message(QueueUrl=world.notices, ReceiptHandle=message["ReceiptHandle"])
    return found


class Throttled:
    """Alice and Bob are throttled, and the policy that can stop them is on their role. `limits`: to be changed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.iam: Any = boto3.client("iam")
        empty = json.dumps(quota_document([]))
        self.policy = self.iam.create_policy(PolicyName=f"{ROLE}-quota-1", PolicyDocument=empty)["Policy"]["Arn"]
        changed = copy.deepcopy(SETTINGS)
        changed["limits"]["quota_policies"] = {self.policy: [ALICE, BOB]}
        changed["limits"]["throttled"] = [ALICE, BOB]
        self.limits: dict[str, Any] = changed["limits"]
        monkeypatch.setattr(meter, "settings", lambda: changed)

    def document(self) -> Mapping[str, Any]:
        version = self.iam.get_policy(PolicyArn=self.policy)["Policy"]["DefaultVersionId"]
        found = self.iam.get_policy_version(PolicyArn=self.policy, VersionId=version)
        return found["PolicyVersion"]["Document"]

    def may_invoke(self, user: str, at: datetime | None = None) -> bool:
        """By others' evaluator."""
        request = Request(
            f"arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/{user}",
            "bedrock:InvokeModel",
            ARN,
            {"aws:userid": f"AROAEXAMPLE:{user}", "aws:CurrentTime": (at or datetime.now(UTC)).isoformat()},
            {"invoke": {"Version": "2012-10-17", "Statement": [ALLOW]}, "quota": self.document()},
        )
        return verdicts([request])[0]
