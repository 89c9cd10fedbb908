"""Cost Anomaly Detection, the part of Cost Explorer that moto does not have: monitors, and who subscribes to them.

Nothing is spent in the sandbox, so no anomaly is ever found. What is refused is what AWS refuses: a second monitor of
all services, a monitor or a threshold by service, and a topic that AWS could not publish to. Monitors live in moto's
Budgets backend, and so in its snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from moto.budgets.models import budgets_backends
from moto.sns.models import sns_backends

from sandbox.aws import trust
from sandbox.aws.account.json_service import Given, answered, invalid
from sandbox.aws.models.catalogue import PARTITION
from sandbox.aws.refusals import JsonRefusal
from sandbox.settings import served_account

SERVICE = "ce"
STORED_WITH = "budgets"
PUBLISHER = "costalerts.amazonaws.com"
# Botocore 1.44.8, `AnomalyMonitor.MonitorSpecification`: what a monitor of one's own may select, and how much of it.
OWN = {"Dimensions": 10, "Tags": 10, "CostCategories": 1}
# The same, `AnomalySubscription.ThresholdExpression`.
IMPACTS = frozenset({"ANOMALY_TOTAL_IMPACT_ABSOLUTE", "ANOMALY_TOTAL_IMPACT_PERCENTAGE"})
LARGEST = 10_000_000_000
# AWS Cost Anomaly Detection's FAQ: of one subscription.
SUBSCRIBERS = {"EMAIL": 10, "SNS": 1}


def answer(operation: str, region: str, body: bytes) -> bytes:
    """The answer of one call; JsonRefusal where AWS would refuse."""
    return answered(SERVICE, _OPERATIONS, operation, region, body)


def _kept() -> dict[str, dict[str, Given]]:
    return vars(budgets_backends[served_account()][PARTITION]).setdefault(
        "anomalies", {"monitors": {}, "subscriptions": {}, "tags": {}}
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _made(kind: str, tags: list[dict[str, str]] | None) -> str:
    arn = f"arn:{PARTITION}:{SERVICE}::{served_account()}:anomaly{kind}/{uuid4()}"
    _kept()["tags"][arn] = {tag["Key"]: tag["Value"] for tag in tags or ()}
    return arn


def _create_monitor(given: Given) -> Given:
    wanted, monitors = given["AnomalyMonitor"], _kept()["monitors"]
    dimension, selects = wanted.get("MonitorDimension"), wanted.get("MonitorSpecification")
    if wanted["MonitorType"] == "CUSTOM":
        if dimension is not None or selects is None:
            raise invalid("A custom monitor needs MonitorSpecification, and no MonitorDimension")
        _check_own(selects)
    else:
        if dimension != "SERVICE" or selects is not None:
            raise invalid("Dimensional monitors other than of SERVICE, without a specification, are not here")
        if any(each.get("MonitorDimension") == dimension for each in monitors.values()):
            raise invalid("Limit exceeded on dimensional spend monitor creation")
    arn = _made("monitor", given.get("ResourceTags"))
    monitors[arn] = wanted | {"MonitorArn": arn, "CreationDate": _now(), "LastUpdatedDate": _now()}
    return {"MonitorArn": arn}


def _check_own(selects: Mapping[str, Any]) -> None:
    """Accounts, values of one tag, or one cost category: no service."""
    said = {name: value for name, value in selects.items() if value is not None}
    if len(said) != 1 or not said.keys() <= OWN.keys():
        raise invalid("MonitorSpecification takes one of Dimensions, Tags and CostCategories")
    [(kind, selected)] = said.items()
    if kind == "Dimensions" and selected.get("Key") != "LINKED_ACCOUNT":
        raise invalid(f"MonitorSpecification takes no dimension but LINKED_ACCOUNT: {selected.get('Key')}")
    if not 0 < len(selected.get("Values") or ()) <= OWN[kind]:
        raise invalid(f"MonitorSpecification takes 1 to {OWN[kind]} values of {kind}")


def _monitor(arn: str) -> Given:
    found = _kept()["monitors"].get(arn)
    if found is None:
        raise JsonRefusal("UnknownMonitorException", f"The cost anomaly monitor does not exist for the account: {arn}")
    return found


def _update_monitor(given: Given) -> Given:
    found = _monitor(given["MonitorArn"])
    found |= {"MonitorName": given.get("MonitorName") or found["MonitorName"], "LastUpdatedDate": _now()}
    return {"MonitorArn": given["MonitorArn"]}


def _get_monitors(given: Given) -> Given:
    asked = given.get("MonitorArnList")
    return {"AnomalyMonitors": [_monitor(arn) for arn in asked] if asked else list(_kept()["monitors"].values())}


def _delete_monitor(given: Given) -> Given:
    _monitor(given["MonitorArn"])
    del _kept()["monitors"][given["MonitorArn"]]
    del _kept()["tags"][given["MonitorArn"]]
    return {}


def _create_subscription(given: Given) -> Given:
    wanted = given["AnomalySubscription"]
    _check_subscription(wanted)
    arn = _made("subscription", given.get("ResourceTags"))
    _kept()["subscriptions"][arn] = wanted | {"SubscriptionArn": arn, "AccountId": served_account()}
    return {"SubscriptionArn": arn}


def _check_subscription(wanted: Given) -> None:
    for arn in wanted["MonitorArnList"]:
        _monitor(arn)
    if (threshold := wanted.get("Threshold")) is not None and wanted.get("ThresholdExpression") is not None:
        raise invalid("Threshold and ThresholdExpression cannot both be given")
    if threshold is None:
        _check_threshold(wanted.get("ThresholdExpression"))
    kind = "SNS" if wanted["Frequency"] == "IMMEDIATE" else "EMAIL"
    subscribers: list[dict[str, str]] = wanted["Subscribers"]
    if any(each.get("Type") != kind for each in subscribers):
        raise invalid(f"{wanted['Frequency']} notifications are sent by {kind} alone")
    if not 0 < len(subscribers) <= SUBSCRIBERS[kind]:
        raise invalid(f"A subscription takes 1 to {SUBSCRIBERS[kind]} subscribers of type {kind}")
    for each in subscribers if kind == "SNS" else ():
        if not _may_publish(each["Address"]):
            raise invalid(f"Cost Anomaly Detection may not publish to the topic: {each['Address']}")


def _check_threshold(expression: Mapping[str, Any] | None) -> None:
    said = {name: value for name, value in (expression or {}).items() if value is not None}
    if not said:
        raise invalid("Threshold and ThresholdExpression cannot both be null")
    [(kind, value), *more] = said.items()
    if more or kind not in {"Dimensions", "And", "Or"}:
        raise invalid("ThresholdExpression takes one of Dimensions, And and Or")
    for part in [said] if kind == "Dimensions" else cast("list[Mapping[str, Any]]", value):
        dimension: Mapping[str, Any] = part.get("Dimensions") or {}
        if dimension.get("Key") not in IMPACTS:
            raise invalid(f"ThresholdExpression takes no dimension but {' and '.join(sorted(IMPACTS))}")
        if dimension.get("MatchOptions") != ["GREATER_THAN_OR_EQUAL"]:
            raise invalid("ThresholdExpression takes no match option but GREATER_THAN_OR_EQUAL")
        values: list[str] = dimension.get("Values") or []
        if len(values) != 1 or not _is_amount(values[0]):
            raise invalid(f"ThresholdExpression takes one number from 0 to {LARGEST:,} in string format")


def _is_amount(text: str) -> bool:
    try:
        return 0 <= float(text) <= LARGEST
    except ValueError:
        return False


def _may_publish(topic_arn: str) -> bool:
    """By what the topic's policy says of the service, on behalf of this account. AWS says so before it sends anything:
    `You must give Cost Anomaly Detection permission to publish to the topic` (AWS Cost Management user guide)."""
    region = topic_arn.split(":")[3]
    topic = sns_backends[served_account()][region].topics.get(topic_arn)
    if topic is None:
        return False
    document: Given = json.loads(topic.policy)
    to_it = [each for each in document["Statement"] if each.get("Principal") == {"Service": PUBLISHER}]
    context = {"aws:sourceaccount": (served_account(),)}
    asked = trust.Request(action="sns:Publish", resource=topic_arn, context=context)
    return trust.judge([document | {"Statement": to_it}], asked) is trust.Verdict.ALLOWED


def _subscription(arn: str) -> Given:
    found = _kept()["subscriptions"].get(arn)
    if found is None:
        raise JsonRefusal(
            "UnknownSubscriptionException", f"The cost anomaly subscription does not exist for the account: {arn}"
        )
    return found


def _update_subscription(given: Given) -> Given:
    arn = given["SubscriptionArn"]
    found = _subscription(arn)
    changed = {name: value for name, value in given.items() if value is not None}
    for one, other in (("Threshold", "ThresholdExpression"), ("ThresholdExpression", "Threshold")):
        if one in changed and other not in changed:
            changed[other] = None
    wanted = found | changed
    _check_subscription(wanted)
    _kept()["subscriptions"][arn] = wanted
    return {"SubscriptionArn": arn}


def _get_subscriptions(given: Given) -> Given:
    asked, monitor = given.get("SubscriptionArnList"), given.get("MonitorArn")
    found = [_subscription(arn) for arn in asked] if asked else list(_kept()["subscriptions"].values())
    shown = [each for each in found if monitor is None or monitor in each["MonitorArnList"]]
    return {"AnomalySubscriptions": [{k: v for k, v in each.items() if v is not None} for each in shown]}


def _delete_subscription(given: Given) -> Given:
    _subscription(given["SubscriptionArn"])
    del _kept()["subscriptions"][given["SubscriptionArn"]]
    del _kept()["tags"][given["SubscriptionArn"]]
    return {}


def _tags(given: Given) -> dict[str, str]:
    arn = given["ResourceArn"]
    if arn not in _kept()["tags"]:
        raise JsonRefusal("ResourceNotFoundException", f"Resource not found: {arn}")
    return _kept()["tags"][arn]


def _tag(given: Given) -> Given:
    _tags(given).update({tag["Key"]: tag["Value"] for tag in given["ResourceTags"]})
    return {}


def _untag(given: Given) -> Given:
    for key in given["ResourceTagKeys"]:
        _tags(given).pop(key, None)
    return {}


def _list_tags(given: Given) -> Given:
    return {"ResourceTags": [{"Key": key, "Value": value} for key, value in _tags(given).items()]}


_OPERATIONS: dict[str, Callable[[Given], Given]] = {
    "CreateAnomalyMonitor": _create_monitor,
    "UpdateAnomalyMonitor": _update_monitor,
    "GetAnomalyMonitors": _get_monitors,
    "DeleteAnomalyMonitor": _delete_monitor,
    "CreateAnomalySubscription": _create_subscription,
    "UpdateAnomalySubscription": _update_subscription,
    "GetAnomalySubscriptions": _get_subscriptions,
    "DeleteAnomalySubscription": _delete_subscription,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
}
