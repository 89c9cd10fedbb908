"""Asks AWS for the caller's own item of the meter's table; IAM lets nobody read another's."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from aws_calls.request import FORM, post
from aws_calls.session import service_url

SECONDS = 10
_USER_ID = re.compile(r"<UserId>([^<]+)</UserId>")


class NothingKnownError(Exception):
    """Why there is nothing to show, as a person reads it."""


def own(keys: Mapping[str, str], region: str, table: str) -> dict[str, Any]:
    """`day`, `at` and what `rollout.usage.own_usage.own_item` says; empty of somebody who was never counted. Raises
    OSError, and NothingKnownError where AWS's answer is none of these."""
    user_id = _user_id(keys, region)
    body = json.dumps({"TableName": table, "Key": {"id": {"S": "me#" + user_id}}}).encode()
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
    answer = post(keys, region, "dynamodb", headers, body, url=service_url("DYNAMODB"), seconds=SECONDS)
    try:
        item = json.loads(answer).get("Item")
        if not item:
            return {}
        said = json.loads(item["said"]["S"])
        return {**cast("dict[str, Any]", said), "day": item["day"]["S"], "at": item["at"]["S"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NothingKnownError("AWS's answer could not be read") from None


def _user_id(keys: Mapping[str, str], region: str) -> str:
    """As IAM's `aws:userid`: of a role's session the role's id, a colon, and the session's name."""
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    answer = post(keys, region, "sts", FORM, body, url=service_url("STS"), seconds=SECONDS).decode(errors="replace")
    found = _USER_ID.search(answer)
    if not found:
        raise NothingKnownError("AWS does not say whose session it is")
    return found[1]
