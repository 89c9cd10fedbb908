"""CloudWatch behind the plug-in's back."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.tests.cloud_harness import Cloud


@pytest.fixture
def cloudwatch(cloud: Cloud) -> Any:
    return cloud.aws.client("cloudwatch")
