"""Sends what waits to the queue of findings, with the person's own session. Runs by itself, says nothing, and may fail:
what is not sent waits for the next finding."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError

from aws_calls import session
from aws_calls.request import MAX_ANSWER, post

from commit_guard import spool
from commit_guard.hook import configuration


def main() -> int:
    settings = configuration()
    os.makedirs(spool.folder(), mode=0o700, exist_ok=True)
    with open(os.path.join(spool.folder(), "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return 0 if _send_all(settings) else 1
        except Exception:  # nobody is there to be told; it waits
            return 1


def _send_all(settings: Mapping[str, Any]) -> bool:
    """Whose they are is not said: SQS tells its reader who sent each."""
    lines = spool.waiting()
    if not lines or not settings.get("queue"):
        return not lines
    keys = credentials(settings)
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessage"}
    for path, line in lines:
        body = {"QueueUrl": settings["queue"], "MessageBody": json.dumps(line)}
        try:
            post(keys, settings["region"], "sqs", headers, json.dumps(body).encode(), url=session.service_url("SQS"))
        except HTTPError as refused:
            if not _never(refused.read(MAX_ANSWER)):
                raise
        spool.drop(path)
    return True


def _never(answer: bytes) -> bool:
    """Whether the queue takes this one at no time: it is longer than a finding may be, or no text for SQS."""
    return any(name in answer for name in (b"InvalidParameterValue", b"InvalidMessageContents"))


def credentials(settings: Mapping[str, Any]) -> dict[str, str]:
    """The person's session, where they are signed in. Raises what running a program and reading JSON raise."""
    return session.credentials(settings["aws_config_file"], settings["aws_profile"])
