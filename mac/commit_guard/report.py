"""Sends what waits to the findings log, with the person's own session. Runs by itself, says nothing, and may fail:
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

from aws_calls.request import post, whose

from commit_guard import spool
from commit_guard.hook import configuration

# A browser is not opened for this: it is the kept session, or the finding waits until the person signs in again.
SIGN_IN, KEPT = "rollout-credentials", "cached"
CREDENTIAL_SECONDS = 30
OPENS_A_BROWSER = "--open-browser"
DAY_MILLISECONDS = 86_400_000
# What AWS's own clients call the setting of a service's address.
_LOGS, _STS = "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "AWS_ENDPOINT_URL_STS"


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
    lines = spool.waiting()
    if not lines or not settings.get("log_stream"):
        return not lines
    keys = credentials(settings)
    user = _user(settings, keys)
    while lines:
        # One call takes events of at most a day, in their order (API reference, PutLogEvents).
        batch = [one for one in lines if one[1] - lines[0][1] < DAY_MILLISECONDS]
        body = {
            "logGroupName": settings["log_group"],
            "logStreamName": settings["log_stream"],
            "logEvents": [{"timestamp": at, "message": json.dumps({**line, "user": user})} for _, at, line in batch],
        }
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.PutLogEvents"}
        post(keys, settings["region"], "logs", headers, json.dumps(body).encode(), url=_url(_LOGS))
        for path, _, _ in batch:
            spool.drop(path)
        lines = lines[len(batch) :]
    return True


def _user(settings: Mapping[str, Any], keys: Mapping[str, str]) -> str | None:
    """The session's name; asked of AWS, since anything on this machine could say anything."""
    try:
        found = whose(keys, settings["region"], url=_url(_STS))
    except OSError:
        return None
    return found[1] if found else None


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
