"""What the settings of buckets have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.aws.resources.s3.buckets import GONE, SECONDS
from sandbox.plugins.framework.constraints import length
from sandbox.plugins.framework.entry import Call
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry


def bucket_there(attempt: Callable[[], Any], *more: str) -> Any:
    """A bucket that was made a moment ago is not known everywhere yet."""
    return retry(attempt, lambda error: code(error) in {"NoSuchBucket", "OperationAborted", *more}, seconds=SECONDS)


def asked(ask: Callable[[], Props], *gone: str) -> Props | None:
    try:
        return ask()
    except Exception as error:
        if code(error) in {*GONE, *gone}:
            return None
        raise


def passing(attempt: Callable[[], Any], *gone: str) -> None:
    asked(lambda: attempt() or {}, *gone)


def region(call: Call[Aws]) -> Props:
    return {"bucket": call.id, "region": call.region or call.cloud.region}


BUCKET = length(1, 63)
