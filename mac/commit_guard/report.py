"""Sends what waits to the findings log, with the person's own session. Runs by itself, says nothing, and may fail:
what is not sent waits for the next finding."""

from __future__ import annotations

import configparser
import fcntl
import hashlib
import hmac
import json
import os
import re
import shlex
import subprocess
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from commit_guard import spool
from commit_guard.hook import configuration

# A browser is not opened for this: it is the kept session, or the finding waits until the person signs in again.
SIGN_IN, KEPT = "rollout-credentials", "cached"
CREDENTIAL_SECONDS = 30
OPENS_A_BROWSER = "--open-browser"
REQUEST_SECONDS = 10
MAX_ANSWER = 65_536
DAY_MILLISECONDS = 86_400_000
_SESSION = re.compile(r"<Arn>arn:[^<]*:assumed-role/[^/<]+/([^<]+)</Arn>")
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
        _call(settings, keys, "logs", _LOGS, headers, json.dumps(body).encode())
        for path, _, _ in batch:
            spool.drop(path)
        lines = lines[len(batch) :]
    return True


def _user(settings: Mapping[str, Any], keys: Mapping[str, str]) -> str | None:
    """The session's name, which Okta signs; asked of AWS, since anything on this machine could say anything."""
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    try:
        answer = _call(settings, keys, "sts", _STS, headers, b"Action=GetCallerIdentity&Version=2011-06-15")
    except OSError:
        return None
    found = _SESSION.search(answer.decode(errors="replace"))
    return found[1] if found else None


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


def _call(
    settings: Mapping[str, Any],
    keys: Mapping[str, str],
    service: str,
    setting: str,
    headers: dict[str, str],
    body: bytes,
) -> bytes:
    """One POST to a service of the stack's region. Raises OSError."""
    region = settings["region"]
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    url = os.environ.get(setting) or os.environ.get("AWS_ENDPOINT_URL") or f"https://{service}.{region}.{suffix}"
    signed = signature(keys, region, service, urlsplit(url).netloc, headers, body, datetime.now(timezone.utc))
    request = urllib.request.Request(url.rstrip("/") + "/", data=body, headers={**headers, **signed}, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=REQUEST_SECONDS) as answer:  # noqa: S310
        return answer.read(MAX_ANSWER)


def signature(
    keys: Mapping[str, str],
    region: str,
    service: str,
    host: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> dict[str, str]:
    """The headers of Signature Version 4 for a POST to `/` (IAM user guide, signing AWS API requests)."""
    time = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{time[:8]}/{region}/{service}/aws4_request"
    own = {"X-Amz-Date": time, **({"X-Amz-Security-Token": keys["SessionToken"]} if keys.get("SessionToken") else {})}
    signed = {name.lower(): value.strip() for name, value in {**headers, **own, "Host": host}.items()}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    text = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + keys["SecretAccessKey"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{keys['AccessKeyId']}/{scope}"
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={proof}"
    return {**own, "Authorization": authorization}
