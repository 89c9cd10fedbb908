"""What CloudTrail tells EventBridge of a denied call; other calls are told to nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.awslambda.models import lambda_backends
from moto.events.models import events_backends

from sandbox.aws.callers import Caller
from sandbox.aws.enforcement import Origin

# Where an asynchronous invocation of a function goes: (function, event).
Later = Callable[[Any, Any], None]
# Management events that read, and those that do not, are two things to a rule (EventBridge user guide).
_ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def tell(later: Later, who: Caller, origin: Origin, operation: str, model_id: str, why: str) -> None:
    """Hands the event to every function that a rule of the account leads it to."""
    account, region = who.account, origin.region
    event: Any = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.bedrock",
        "account": account,
        "time": _now(),
        "region": region,
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": _identity(who),
            "eventTime": _now(),
            "eventSource": "bedrock.amazonaws.com",
            "eventName": operation,
            "awsRegion": region,
            "sourceIPAddress": origin.address,
            "userAgent": origin.user_agent,
            "errorCode": "AccessDenied",
            "errorMessage": why,
            "requestParameters": {"modelId": model_id},
            "responseElements": None,
            "requestID": str(uuid4()),
            "eventID": str(uuid4()),
            "readOnly": True,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account,
            "eventCategory": "Management",
        },
    }
    for rule in list(events_backends[account][region].event_buses["default"].rules.values()):
        if rule.state == _ALL and rule.event_pattern.matches_event(event):
            for target in rule.targets:
                function = lambda_backends[account][region].get_function_by_arn(target["Arn"])
                if function:
                    later(function, event)


def _identity(who: Caller) -> dict[str, Any]:
    if who.role is None or who.session is None:
        return {"type": "IAMUser", "arn": who.arn, "accountId": who.account}
    issuer = {"type": "Role", "principalId": who.role.id, "arn": who.role.arn, "userName": who.role.name}
    return {
        "type": "AssumedRole",
        "principalId": f"{who.role.id}:{who.session.session_name}",
        "arn": who.arn,
        "accountId": who.account,
        "sessionContext": {"sessionIssuer": {**issuer, "accountId": who.account}, "attributes": {}},
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
