"""What a role's session may do beside calling models: with queues, tables, logs and metrics, as its policies say.

Keys that live long are let do all, as everywhere in the control plane.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from werkzeug.datastructures import Headers

from sandbox.aws import enforcement
from sandbox.aws.callers import Caller, session_caller
from sandbox.aws.enforcement import Origin, Wish
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import JsonRefusal, QueryRefusal, Refusal, RestRefusal
from sandbox.aws.requests import Call, body_of, scope

Given = Mapping[str, Any]
# Operation -> the action that IAM knows it by, where that has another name.
_ACTIONS = {"SendMessageBatch": "SendMessage", "DeleteMessageBatch": "DeleteMessage"}
# Those of Logs that write or read what was written; the rest of its control plane is judged for nobody.
_LOGS = frozenset({"PutLogEvents", "CreateLogStream", "GetLogEvents", "FilterLogEvents"})


def refusal(environ: dict[str, Any], made: Call) -> Refusal | None:
    """AWS's refusal of this call, in the form that its client reads; None where the session may, or nobody asks."""
    operation = made.operation.rpartition("/")[2]
    wishes = _WISHES.get(made.service)
    if wishes is None:
        return None
    try:
        who = session_caller(Headers([("Authorization", environ.get("HTTP_AUTHORIZATION", "")), *_token(environ)]))
        signed = scope(environ.get("HTTP_AUTHORIZATION", ""))
        if who is None or signed is None:
            return None
        origin = Origin(address=environ.get("REMOTE_ADDR", ""), region=signed.region)
        given: Given = _json(environ) if made.protocol == "json" else {}
        for wish in wishes(who, signed.region, operation, given):
            enforcement.require(who, wish, origin)
    except RestRefusal as refused:
        kind = QueryRefusal if made.protocol == "query" else JsonRefusal
        return kind(refused.error_code, refused.message, refused.status)
    return None


def _token(environ: Mapping[str, Any]) -> list[tuple[str, str]]:
    token = environ.get("HTTP_X_AMZ_SECURITY_TOKEN")
    return [("X-Amz-Security-Token", token)] if token else []


def _json(environ: dict[str, Any]) -> Given:
    try:
        return json.loads(body_of(environ) or b"{}")
    except ValueError:
        return {}


def _arn(who: Caller, service: str, region: str, resource: str) -> str:
    return f"arn:{PARTITION}:{service}:{region}:{who.account}:{resource}"


def _queue(who: Caller, region: str, operation: str, given: Given) -> Iterator[Wish]:
    name = str(given.get("QueueUrl") or given.get("QueueName") or "*").rpartition("/")[2]
    action = f"sqs:{_ACTIONS.get(operation, operation)}"
    yield Wish(action=action, resource=_arn(who, "sqs", region, name))


def _table(who: Caller, region: str, operation: str, given: Given) -> Iterator[Wish]:
    """With `dynamodb:LeadingKeys` where the request names keys; of a query and a scan none is known here."""
    asked = given.get("RequestItems")
    tables: Mapping[str, Any] = asked if isinstance(asked, Mapping) else {str(given.get("TableName", "*")): given}
    for name, part in tables.items():
        keys = part.get("Keys") if isinstance(part, Mapping) and "Keys" in part else [given.get("Key") or {}]
        leading = tuple(str(value) for key in keys or () for of_type in key.values() for value in of_type.values())
        yield Wish(
            action=f"dynamodb:{operation}",
            resource=_arn(who, "dynamodb", region, f"table/{name}"),
            context={"dynamodb:leadingkeys": leading},
        )


def _log(who: Caller, region: str, operation: str, given: Given) -> Iterator[Wish]:
    if operation in _LOGS:
        where = f"log-group:{given.get('logGroupName')}:log-stream:{given.get('logStreamName') or ''}"
        yield Wish(action=f"logs:{operation}", resource=_arn(who, "logs", region, where))


def _metric(who: Caller, region: str, operation: str, given: Given) -> Iterator[Wish]:  # noqa: ARG001
    if operation == "PutMetricData":
        yield Wish(action="cloudwatch:PutMetricData", resource="*", named=False)


# By the name that a request is signed for.
_WISHES: Mapping[str, Callable[[Caller, str, str, Given], Iterator[Wish]]] = {
    "dynamodb": _table,
    "logs": _log,
    "monitoring": _metric,
    "sqs": _queue,
}
