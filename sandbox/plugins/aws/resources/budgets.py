"""Budgets and whom they notify."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.aws.resources.iam_role import prefixed
from sandbox.plugins.framework.constraints import (
    arn,
    between,
    each,
    every,
    excludes,
    length,
    matches,
    one_of,
    unsupported,
)
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import Failure, PluginError
from sandbox.plugins.framework.values import Props, has_unknown
from sandbox.plugins.framework.waiting import settle

_SETTLED_SECONDS = 5  # of a new one
_TIME = "%Y-%m-%d_%H:%M"
_INCLUDED = (
    *("includeCredit", "includeDiscount", "includeOtherSubscription", "includeRecurring", "includeRefund"),
    *("includeSubscription", "includeSupport", "includeTax", "includeUpfront"),
)
_COST_TYPES: dict[str, bool] = dict.fromkeys(_INCLUDED, True) | {"useAmortized": False, "useBlended": False}


def _budgets(call: Call[Aws]) -> Any:
    return call.cloud.client("budgets")


def _account(call: Call[Aws]) -> str:
    return call.new.get("accountId") or call.cloud.account_id


def _place(budget_id: str) -> Props:
    account, _, name = budget_id.partition(":")
    return {"AccountId": account, "BudgetName": name}


def _arn(call: Call[Aws]) -> str:
    place = _place(call.id)
    return f"arn:{call.cloud.partition}:budgets::{place['AccountId']}:budget/{place['BudgetName']}"


def _create(call: Call[Aws]) -> str:
    budgets, new, name = _budgets(call), call.new, prefixed(call.new)
    listed = tags.listed(new.get("tagsAll"))
    budgets.create_budget(
        AccountId=_account(call), Budget=_request(new, name), **({"ResourceTags": listed} if listed else {})
    )
    call.id = f"{_account(call)}:{name}"
    settle(_SETTLED_SECONDS)
    for notification in new.get("notifications") or ():
        _notify(budgets, call.id, notification)
    return call.id


def _request(new: Props, name: str) -> Props:
    period: Props = {"End": _parsed(new["timePeriodEnd"])}
    if new.get("timePeriodStart"):
        period["Start"] = _parsed(new["timePeriodStart"])
    request: Props = {
        "BudgetName": name,
        "BudgetType": new["budgetType"],
        "TimeUnit": new["timeUnit"],
        "TimePeriod": period,
    }
    if new.get("limitAmount"):
        request["BudgetLimit"] = {"Amount": new["limitAmount"], "Unit": new.get("limitUnit", "")}
    if new.get("costFilters"):
        request["CostFilters"] = {item["name"]: item["values"] for item in new["costFilters"]}
    if new.get("costTypes"):
        request["CostTypes"] = {f"{field[0].upper()}{field[1:]}": value for field, value in new["costTypes"].items()}
    return request


def _parsed(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _notification(given: Props) -> Props:
    return {
        "ComparisonOperator": given["comparisonOperator"],
        "NotificationType": given["notificationType"],
        "Threshold": float(given["threshold"]),
        "ThresholdType": given["thresholdType"],
    }


def _notify(budgets: Any, budget_id: str, given: Props) -> None:
    topics = [{"SubscriptionType": "SNS", "Address": topic} for topic in given.get("subscriberSnsTopicArns") or ()]
    people = [{"SubscriptionType": "EMAIL", "Address": who} for who in given.get("subscriberEmailAddresses") or ()]
    budgets.create_notification(**_place(budget_id), Notification=_notification(given), Subscribers=[*topics, *people])


def _read(call: Call[Aws]) -> Props | None:
    budgets, place = _budgets(call), _place(call.id)
    try:
        found = budgets.describe_budget(**place)["Budget"]
    except Exception as error:
        if code(error) == "NotFoundException":
            return None
        raise
    period, limit, known = found["TimePeriod"], found.get("BudgetLimit", {}), call.old.get("notifications")
    notifications = list(_notifications(budgets, place))
    listed = budgets.list_tags_for_resource(ResourceARN=_arn(call))["ResourceTags"]
    return {
        "arn": _arn(call),
        "accountId": place["AccountId"],
        "name": found["BudgetName"],
        "budgetType": found["BudgetType"],
        "timeUnit": found["TimeUnit"],
        "limitAmount": limit.get("Amount"),
        "limitUnit": limit.get("Unit"),
        "timePeriodStart": period["Start"].astimezone(UTC).strftime(_TIME),
        "timePeriodEnd": period["End"].astimezone(UTC).strftime(_TIME),
        "costFilters": [{"name": n, "values": v} for n, v in sorted(found.get("CostFilters", {}).items())],
        "costTypes": {f"{n[0].lower()}{n[1:]}": v for n, v in found.get("CostTypes", {}).items()} or None,
        "notifications": known if _same_notifications(known, notifications) else notifications or None,
        **tags.found(call, tags.mapped_from(listed)),
    }


def _notifications(budgets: Any, place: Props) -> Iterable[Props]:
    pages = budgets.get_paginator("describe_notifications_for_budget").paginate(**place)
    for found in (one for page in pages for one in page.get("Notifications", [])):
        named = {name: found[name] for name in ("ComparisonOperator", "NotificationType", "Threshold", "ThresholdType")}
        said = budgets.get_paginator("describe_subscribers_for_notification").paginate(**place, Notification=named)
        subscribers = [one for page in said for one in page["Subscribers"]]
        yield {
            "comparisonOperator": found["ComparisonOperator"],
            "notificationType": found["NotificationType"],
            "threshold": found["Threshold"],
            "thresholdType": found["ThresholdType"],
            "subscriberEmailAddresses": [s["Address"] for s in subscribers if s["SubscriptionType"] == "EMAIL"],
            "subscriberSnsTopicArns": [s["Address"] for s in subscribers if s["SubscriptionType"] == "SNS"],
        }


_SETTINGS = (
    *("budgetType", "costFilters", "costTypes", "limitAmount", "limitUnit"),
    *("timePeriodEnd", "timePeriodStart", "timeUnit"),
)


def _update(call: Call[Aws]) -> None:
    """What is dropped goes before what is new comes: the same threshold may get other subscribers."""
    budgets, budget_arn = _budgets(call), call.old["arn"]
    tags.update(
        call,
        lambda keys: budgets.untag_resource(ResourceARN=budget_arn, ResourceTagKeys=keys),
        lambda changed: budgets.tag_resource(ResourceARN=budget_arn, ResourceTags=tags.listed(changed)),
    )
    place = _place(call.id)
    if call.changed(*_SETTINGS):
        budgets.update_budget(AccountId=place["AccountId"], NewBudget=_request(call.new, place["BudgetName"]))
    old, new = (_by_content(props.get("notifications")) for props in (call.old, call.new))
    for content in old.keys() - new.keys():
        _stop_notifying(budgets, place, old[content])
    for content in new.keys() - old.keys():
        _notify(budgets, call.id, new[content])


def _stop_notifying(budgets: Any, place: Props, given: Props) -> None:
    try:
        budgets.delete_notification(**place, Notification=_notification(given))
    except Exception as error:
        if code(error) != "NotFoundException":
            raise


def _delete(call: Call[Aws]) -> None:
    try:
        _budgets(call).delete_budget(**_place(call.id))
    except Exception as error:
        if code(error) != "NotFoundException":
            raise


def _by_content(notifications: Any) -> dict[str, Props]:
    """Sets of sets: no order counts."""

    def content(given: Props) -> str:
        subscribers = [sorted(given.get(kind) or ()) for kind in _SUBSCRIBERS]
        return json.dumps([sorted(_notification(given).items()), subscribers])

    return {content(given): given for given in notifications or ()}


def _same_notifications(one: Any, other: Any) -> bool:
    return _by_content(one).keys() == _by_content(other).keys()


def _same_filters(one: Any, other: Any) -> bool:
    def by_name(filters: Any) -> dict[str, list[str]]:
        return {item["name"]: item["values"] for item in filters or ()}

    return by_name(one) == by_name(other)


def _same_amount(one: Any, other: Any) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except (InvalidOperation, TypeError):
        return one == other


def _time(value: str) -> str | None:
    try:
        _parsed(value)
    except ValueError:
        return f"must be a time such as 2026-01-31_00:00: {value}"
    return None


def _rules(inputs: Props) -> Iterable[Failure]:
    if inputs.get("limitAmount") and not inputs.get("limitUnit"):
        yield Failure("limitUnit", "is needed with limitAmount: set it, for example to USD")
    notifications = inputs.get("notifications")
    for index, given in enumerate(notifications if isinstance(notifications, list) else ()):
        if not has_unknown(given) and not any(given.get(kind) for kind in _SUBSCRIBERS):
            yield Failure(
                f"notifications[{index}]",
                f"notifies nobody: set {' or '.join(_SUBSCRIBERS)}",
            )


def _import(import_id: str) -> tuple[str, Props]:
    if not import_id.partition(":")[2]:
        raise PluginError(f"a budget is imported as <account>:<name>: {import_id}")
    return import_id, {}


_SUBSCRIBERS = ("subscriberEmailAddresses", "subscriberSnsTopicArns")
_NAME = every(excludes(r"[:\\]", "have : or \\"), length(1, 100))

ENTRIES = (
    Entry(
        token="aws:budgets/budget:Budget",
        replaces=("name", "namePrefix", "accountId"),
        autoname=AutoName(),
        defaults={
            "timePeriodEnd": "2087-06-15_00:00",
            **{f"costTypes.{field}": value for field, value in _COST_TYPES.items()},
        },
        computed=("accountId", "costFilters", "costTypes", "limitAmount", "limitUnit", "timePeriodStart"),
        checks={
            "accountId": matches(r"\d{12}", "be an account's twelve digits"),
            "autoAdjustData": unsupported,
            "billingViewArn": unsupported,
            "budgetType": one_of(
                *("USAGE", "COST", "RI_UTILIZATION", "RI_COVERAGE"),
                *("SAVINGS_PLANS_UTILIZATION", "SAVINGS_PLANS_COVERAGE"),
            ),
            "filterExpression": unsupported,
            "limitAmount": matches(r"([0-9]*\.)?[0-9]+", "be a number, as a text"),
            "metrics": unsupported,
            "name": _NAME,
            "namePrefix": every(excludes(r"[:\\]", "have : or \\"), length(1, 74)),
            "notifications.comparisonOperator": one_of("GREATER_THAN", "LESS_THAN", "EQUAL_TO"),
            "notifications.notificationType": one_of("ACTUAL", "FORECASTED"),
            "notifications.subscriberSnsTopicArns": each(arn),
            "notifications.threshold": between(0, 15_000_000_000_000),
            "notifications.thresholdType": one_of("PERCENTAGE", "ABSOLUTE_VALUE"),
            "plannedLimits": unsupported,
            "timePeriodEnd": _time,
            "timePeriodStart": _time,
            "timeUnit": one_of("DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY"),
        },
        rules=(_rules,),
        sets=("costFilters", "notifications"),
        same={
            "costFilters": _same_filters,
            "limitAmount": _same_amount,
            "notifications": _same_notifications,
        },
        keeps=("costFilters", "limitAmount", "notifications"),
        tags=True,
        create=_create,
        read=_read,
        update=_update,
        delete=_delete,
        imports=_import,
    ),
)
