"""The AWS plug-in over the sandbox's AWS, with a log group."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from sandbox.tests.cloud_harness import Cloud, plugged
from sandbox.tests.plugins.logs.logs_harness import GROUP


@pytest.fixture
def cloud(tmp_path: Path) -> Generator[Cloud]:
    with plugged(tmp_path) as cloud:
        cloud.aws.client("logs").create_log_group(logGroupName=GROUP)
        yield cloud


@pytest.fixture
def logs(cloud: Cloud) -> Any:
    return cloud.aws.client("logs")


@pytest.fixture
def meter(cloud: Cloud) -> Any:
    """The meter's function, which nobody may invoke yet."""
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    role = cloud.aws.client("iam").create_role(
        RoleName="meter", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"} | trust)
    )
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("meter.py", "def handler(event, context): ...")
    functions = cloud.aws.client("lambda")
    functions.create_function(
        FunctionName="meter",
        Role=role["Role"]["Arn"],
        Runtime="python3.12",
        Handler="meter.handler",
        Code={"ZipFile": code.getvalue()},
    )
    return functions  # fmt: skip
