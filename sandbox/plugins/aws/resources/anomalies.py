"""Monitors of unusual cost, and who is told of what they find."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.framework.constraints import arn, each, json_text, length, matches, one_of
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure
from sandbox.plugins.framework.values import UNKNOWN, Props

# Cost Explorer lives in one region, and the official plug-in asks there whatever the provider's is.
REGION = "us-east-1"
_GONE = frozenset({"UnknownMonitorException", "UnknownSubscriptionException", "ResourceNotFoundException"})
_MONITOR = {"monitorDimension": "MonitorDimension", "monitorType": "MonitorType", "name": "MonitorName"}
_EXPRESSION = "thresholdExpression"


def _explorer(call: Call[Aws]) -> Any:
    return call.cloud.client("ce", REGION)


def _tagged(call: Call[Aws]) -> Props:
    listed = tags.listed(call.new.get("tagsAll"))
    return {"ResourceTags": listed} if listed else {}


def _listed(call: Call[Aws]) -> Props:
    found = _explorer(call).list_tags_for_resource(ResourceArn=call.id)["ResourceTags"]
    return tags.found(call, tags.mapped_from(found))


def _retag(call: Call[Aws]) -> None:
    explorer = _explorer(call)
    tags.update(
        call,
        lambda keys: explorer.untag_resource(ResourceArn=call.id, ResourceTagKeys=keys),
        lambda changed: explorer.tag_resource(ResourceArn=call.id, ResourceTags=tags.listed(changed)),
    )


def _create_monitor(call: Call[Aws]) -> str:
    new = call.new
    wanted: Props = {theirs: new[ours] for ours, theirs in _MONITOR.items() if new.get(ours)}
    if new.get("monitorSpecification"):
        wanted["MonitorSpecification"] = _without_nulls(json.loads(new["monitorSpecification"]))
    return _explorer(call).create_anomaly_monitor(AnomalyMonitor=wanted, **_tagged(call))["MonitorArn"]


def _without_nulls(expression: Props) -> Props:
    """As the official plug-in reads it into the SDK's own type."""
    return {
        name: _without_nulls(value) if isinstance(value, dict) else value
        for name, value in expression.items()
        if value is not None
    }


def _same_selection(one: Any, other: Any) -> bool:
    """The official plug-in reads each key that is not there as null, and wants it written so."""
    try:
        return _without_nulls(json.loads(one)) == _without_nulls(json.loads(other))
    except (TypeError, ValueError):
        return one == other


def _read_monitor(call: Call[Aws]) -> Props | None:
    try:
        [found] = _explorer(call).get_anomaly_monitors(MonitorArnList=[call.id])["AnomalyMonitors"]
    except Exception as error:
        if code(error) in _GONE:
            return None
        raise
    selects = found.get("MonitorSpecification")
    return {
        "arn": call.id,
        **{ours: found.get(theirs) for ours, theirs in _MONITOR.items()},
        "monitorSpecification": json.dumps(selects) if selects else None,
        **_listed(call),
    }


def _update_monitor(call: Call[Aws]) -> None:
    _retag(call)
    if call.changed("name"):
        _explorer(call).update_anomaly_monitor(MonitorArn=call.id, MonitorName=call.new["name"])


def _delete_monitor(call: Call[Aws]) -> None:
    try:
        _explorer(call).delete_anomaly_monitor(MonitorArn=call.id)
    except Exception as error:
        if code(error) not in _GONE:
            raise


def _monitor_rules(inputs: Props) -> Iterable[Failure]:
    needs = {"DIMENSIONAL": "monitorDimension", "CUSTOM": "monitorSpecification"}.get(str(inputs.get("monitorType")))
    if needs and not inputs.get(needs):
        yield Failure(needs, f"is needed where monitorType is {inputs['monitorType']}")
    if inputs.get("monitorDimension") and inputs.get("monitorSpecification"):
        yield Failure("monitorDimension", "conflicts with monitorSpecification: leave one out")


def _settings(new: Props) -> Props:
    return {
        "Frequency": new["frequency"],
        "MonitorArnList": new["monitorArnLists"],
        "Subscribers": [{"Type": each["type"], "Address": each["address"]} for each in new["subscribers"]],
        **({"ThresholdExpression": _theirs(new[_EXPRESSION])} if new.get(_EXPRESSION) else {}),
    }


def _theirs(expression: Props) -> Props:
    """Of those that are used: one dimension, or several by `ands` or `ors`."""
    found: Props = {}
    if dimension := expression.get("dimension"):
        named = {"Key": "key", "MatchOptions": "matchOptions", "Values": "values"}
        found["Dimensions"] = {theirs: dimension[ours] for theirs, ours in named.items() if dimension.get(ours)}
    for theirs, ours in (("And", "ands"), ("Or", "ors")):
        if expression.get(ours):
            found[theirs] = [_theirs(each) for each in expression[ours]]
    return found


def _ours(expression: Props) -> Props:
    found: Props = {}
    if dimension := expression.get("Dimensions"):
        named = {"key": "Key", "matchOptions": "MatchOptions", "values": "Values"}
        found["dimension"] = {ours: dimension[theirs] for ours, theirs in named.items() if dimension.get(theirs)}
    for theirs, ours in (("And", "ands"), ("Or", "ors")):
        if expression.get(theirs):
            found[ours] = [_ours(each) for each in expression[theirs]]
    return found


def _create_subscription(call: Call[Aws]) -> str:
    wanted = {"SubscriptionName": call.new["name"], **_settings(call.new)}
    if call.new.get("accountId"):
        wanted["AccountId"] = call.new["accountId"]
    made = _explorer(call).create_anomaly_subscription(AnomalySubscription=wanted, **_tagged(call))
    return made["SubscriptionArn"]


def _read_subscription(call: Call[Aws]) -> Props | None:
    try:
        [found] = _explorer(call).get_anomaly_subscriptions(SubscriptionArnList=[call.id])["AnomalySubscriptions"]
    except Exception as error:
        if code(error) in _GONE:
            return None
        raise
    return {
        "arn": call.id,
        "accountId": found["AccountId"],
        "name": found["SubscriptionName"],
        "frequency": found["Frequency"],
        "monitorArnLists": found["MonitorArnList"],
        "subscribers": [{"type": each["Type"], "address": each["Address"]} for each in found["Subscribers"]],
        _EXPRESSION: _ours(found.get("ThresholdExpression") or {}) or None,
        **_listed(call),
    }


def _update_subscription(call: Call[Aws]) -> None:
    _retag(call)
    if call.changed("frequency", "monitorArnLists", "subscribers", _EXPRESSION):
        _explorer(call).update_anomaly_subscription(SubscriptionArn=call.id, **_settings(call.new))


def _delete_subscription(call: Call[Aws]) -> None:
    try:
        _explorer(call).delete_anomaly_subscription(SubscriptionArn=call.id)
    except Exception as error:
        if code(error) not in _GONE:
            raise


def _subscription_rules(inputs: Props) -> Iterable[Failure]:
    if inputs.get("subscribers") == [] or (inputs.get("monitorArnLists") == []):
        yield Failure("subscribers", "and monitorArnLists need one each")
    expression = inputs.get(_EXPRESSION)
    if isinstance(expression, dict) and UNKNOWN not in expression.values():
        said = sorted(name for name, value in expression.items() if value)
        if unlike := [name for name in said if name not in {"dimension", "ands", "ors"}]:
            yield Failure(f"{_EXPRESSION}.{unlike[0]}", "is no part of a threshold: give dimension, ands or ors")


ENTRIES = (
    Entry(
        token="aws:costexplorer/anomalyMonitor:AnomalyMonitor",
        replaces=("monitorDimension", "monitorSpecification", "monitorType"),
        autoname=AutoName(longest=1024, unless=""),
        checks={
            "monitorDimension": one_of("SERVICE", "LINKED_ACCOUNT", "TAG", "COST_CATEGORY"),
            "monitorSpecification": json_text,
            "monitorType": one_of("DIMENSIONAL", "CUSTOM"),
            "name": length(1, 1024),
        },
        rules=(_monitor_rules,),
        same={"monitorSpecification": _same_selection},
        keeps=("monitorSpecification",),
        create=_create_monitor,
        read=_read_monitor,
        update=_update_monitor,
        delete=_delete_monitor,
        tags=True,
    ),
    Entry(
        token="aws:costexplorer/anomalySubscription:AnomalySubscription",
        replaces=("accountId", "name"),
        autoname=AutoName(longest=1024, unless=""),
        computed=("accountId", _EXPRESSION),
        checks={
            "accountId": matches(r"\d{12}", "be an account's twelve digits"),
            "frequency": one_of("DAILY", "IMMEDIATE", "WEEKLY"),
            "monitorArnLists": each(arn),
            "name": length(1, 1024),
            "subscribers.type": one_of("EMAIL", "SNS"),
        },
        rules=(_subscription_rules,),
        sets=("subscribers",),
        create=_create_subscription,
        read=_read_subscription,
        update=_update_subscription,
        delete=_delete_subscription,
        tags=True,
    ),
)
