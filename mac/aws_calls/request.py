"""One call of AWS."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import urlsplit

from aws_calls.signing import signature

MAX_ANSWER = 65_536
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
_IDENTITY = re.compile(r"<Arn>arn:[^<]*:assumed-role/([^/<]+)/([^<]+)</Arn>")


def post(
    keys: Mapping[str, str],
    region: str,
    service: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    url: str | None = None,
    seconds: float = 10,
) -> bytes:
    """`keys`: of a session, in AWS's form. `url`: in place of the service's own in the region. Raises OSError."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    url = url or f"https://{service}.{region}.{suffix}"
    signed = signature(keys, region, service, urlsplit(url).netloc, headers, body, datetime.now(timezone.utc))
    request = urllib.request.Request(url.rstrip("/") + "/", data=body, headers={**headers, **signed}, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
        return answer.read(MAX_ANSWER)


def whose(
    keys: Mapping[str, str], region: str, *, url: str | None = None, seconds: float = 10
) -> tuple[str, str] | None:
    """The role of a session and the session's name, which Okta signs; None where AWS does not say. Raises OSError."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    answer = post(keys, region, "sts", FORM, body, url=url, seconds=seconds).decode(errors="replace")
    found = _IDENTITY.search(answer)
    return (found[1], found[2]) if found else None
