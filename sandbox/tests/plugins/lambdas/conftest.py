"""The AWS plug-in over the sandbox's AWS, with a role for functions."""

from __future__ import annotations

import json
from collections.abc import Generator
from pathlib import Path

import pytest

from sandbox.tests.cloud_harness import ACCOUNT, Cloud, plugged


@pytest.fixture
def cloud(tmp_path: Path) -> Generator[Cloud]:
    with plugged(tmp_path) as cloud:
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
        iam = cloud.aws.client("iam")
        iam.create_role(RoleName="announcer", AssumeRolePolicyDocument=json.dumps(trust))
        work = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        read = {"Effect": "Allow", "Action": work, "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:news.fifo"}
        send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [read, send]})
        iam.put_role_policy(RoleName="announcer", PolicyName="read", PolicyDocument=document)
        yield cloud
