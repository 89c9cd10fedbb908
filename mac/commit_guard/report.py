"""Sends what waits to the queue of findings, with the person's own session. Runs by itself, says nothing, and may fail:
what is not sent waits for the next finding."""

from __future__ import annotations

import configparser
import fcntl
import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError

from aws_calls.request import MAX_ANSWER, post

from commit_guard import spool
from commit_guard.hook import configuration

# A browser is not opened for this: it is the kept session, or the finding waits until the person signs in again.
SIGN_IN, KEPT = "rollout-credentials", "cached"
CREDENTIAL_SECONDS = 30
OPENS_A_BROWSER = "--open-browser"
# What AWS's own clients call the setting of a service's address.
_SQS = "AWS_ENDPOINT_URL_SQS"


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
            post(keys, settings["region"], "sqs", headers, json.dumps(body).encode(), url=_url(_SQS))
        except HTTPError as refused:
            if not _never(refused.read(MAX_ANSWER)):
                raise
        spool.drop(path)
    return True


def _never(answer: bytes) -> bool:
    """Whether the queue takes this one at no time: it is longer than a finding may be, or no text for SQS."""
    return any(name in answer for name in (b"InvalidParameterValue", b"InvalidMessageContents"))


def _url(setting: str) -> str | None:
    return os.environ.get(setting) or os.environ.get("AWS_ENDPOINT_URL")


def credentials(settings: Mapping[str, Any]) -> dict[str, str]:
    """The person's session, where they are signed in. Raises what running a program and reading JSON raise."""
    result = subprocess.run(
        _command(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=CREDENTIAL_SECONDS,
        check=True,
    )
    return json.loads(result.stdout)


def _command(settings: Mapping[str, Any]) -> list[str]:
    """Of the profile's `credential_process`; of what the rollout installs, without its signing in."""
    profiles = configparser.RawConfigParser()
    profiles.read(os.path.expanduser(settings["aws_config_file"]), encoding="utf-8")
    command = shlex.split(profiles.get(f"profile {settings['aws_profile']}", "credential_process"))
    if os.path.basename(command[0]) == SIGN_IN:
        return [command[0], KEPT]
    return [word for word in command if word != OPENS_A_BROWSER]
