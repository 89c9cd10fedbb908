"""What CloudTrail says of a call that IAM denied: who, what, from where. Bedrock's invocation log leaves these out.

This runs in AWS Lambda too, where there is no pydantic: standard library only. The event's shape is EventBridge's
envelope around CloudTrail's record (EventBridge user guide, AWS API calls by way of CloudTrail).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from rollout.names import PREFIX, RESERVED_ROLE, of_cohort
from rollout.usage.records import NAMESPACE, UnknownRecordError

DETAIL_TYPE = "AWS API Call via CloudTrail"
# Bedrock and its second endpoint, whose calls are in no invocation log.
SOURCES = ("aws.bedrock", "aws.bedrock-mantle")
MAX_TEXT = 300
# What a model is called by: InvokeModel and Converse, with and without a stream; at the second endpoint
# CreateInference, by its action in IAM. Under which name CloudTrail has that was not seen.
CALLS = ("InvokeModel", "Converse", "CreateInference")


def pattern(*, reserved: bool = False) -> dict[str, Any]:
    """Of a rule: Bedrock denied one of the cohorts' roles, whichever cohorts there are. `reserved`: whether some are
    IAM Identity Center's."""
    beginnings = [f"{PREFIX}-", *([f"{RESERVED_ROLE}{PREFIX}-"] if reserved else [])]
    issuer = {"userName": [{"prefix": beginning} for beginning in beginnings]}
    return {
        "source": list(SOURCES),
        "detail-type": [DETAIL_TYPE],
        "detail": {
            # A client asks for lists and counts tokens at each start, which is none of what a level is about.
            "eventName": [{"prefix": name} for name in CALLS],
            "errorCode": ["AccessDenied", "AccessDeniedException"],
            "userIdentity": {"sessionContext": {"sessionIssuer": issuer}},
        },
    }


def is_call(event: Mapping[str, Any]) -> bool:
    return event.get("detail-type") == DETAIL_TYPE


def denial(event: Mapping[str, Any], roles: Mapping[str, str], teams: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """(its id, its line in the cohort's usage log). `roles`: cohorts by role; `teams`: by session, in lower case.

    Raises UnknownRecordError for another shape, or a role of no cohort.
    """
    detail = _part(event, "detail")
    who = _part(detail, "userIdentity")
    arn, number = str(who.get("arn") or ""), str(detail.get("eventID") or "")
    role, _, session = arn.partition(":assumed-role/")[2].partition("/")
    cohort = roles.get(of_cohort(role))
    if not cohort or not session or not 1 <= len(number) <= 64 or not number.isascii():
        raise UnknownRecordError(f"denied call: {arn[:120]} {number[:40]}")
    at = _instant(str(detail.get("eventTime") or ""))
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [["cohort"]],
        "Metrics": [{"Name": "Denied", "Unit": "Count"}],
    }
    return f"denied-{number}", {
        "_aws": {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        "user_id": session[:MAX_TEXT],
        "cohort": cohort,
        "team": teams.get(session.lower(), "unknown"),
        "action": _short(detail, "eventName"),
        "resource": _resource(detail)[:MAX_TEXT],
        "source_ip": _short(detail, "sourceIPAddress"),
        "why": _reason(str(detail.get("errorMessage") or ""))[:MAX_TEXT],
        "Denied": 1,
    }


def _resource(detail: Mapping[str, Any]) -> str:
    """CloudTrail may leave parameters out of a call that was denied; its message names what it was about."""
    called = str(_part(detail, "requestParameters").get("modelId") or "")
    named = re.search(r" on resource: (\S+)", str(detail.get("errorMessage") or ""))
    return called or (named[1] if named else "")


def _reason(message: str) -> str:
    """What comes before it, who and what, has fields of its own, and would fill a table's cell."""
    return message.partition(" because ")[2] or message


def _short(detail: Mapping[str, Any], key: str) -> str:
    return str(detail.get(key) or "")[:MAX_TEXT]


def _part(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value: object = given.get(key)
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnknownRecordError(f"eventTime: {text[:40]}") from None
