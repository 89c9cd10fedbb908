"""AWS clients that give up while a function still has time to say so, made once per process."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 3})


@cache
def client(service: str) -> Any:
    return boto3.client(service, config=_CONFIG)  # pyright: ignore[reportCallIssue, reportArgumentType]
