"""A sandbox as a process of its own, and what its tests ask of it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.settings import PROJECT, REGION, Settings

pytestmark = pytest.mark.slow


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "SANDBOX_HOME": str(settings.home),
        "SANDBOX_AWS_PORT": str(settings.aws_port),
        "SANDBOX_OKTA_PORT": str(settings.okta_port),
        "SANDBOX_JAMF_PORT": str(settings.jamf_port),
    }
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        cwd=PROJECT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def client(settings: Settings, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=settings.aws_url,
        region_name=REGION,
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="-",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def code() -> bytes:
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("meter.py", "def handler(event, context):\n    return event\n")
    return buffer.getvalue()
