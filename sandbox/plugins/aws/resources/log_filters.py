"""What becomes of a log group's events: metrics, copies for a subscriber, masks; and the queries saved for them."""

from __future__ import annotations

import re
import zlib
from typing import Any

from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.aws.policies import same_json, sorted_json
from sandbox.plugins.framework.constraints import (
    arn,
    each,
    every,
    excludes,
    json_text,
    length,
    matches,
    model,
    one_of,
)
from sandbox.plugins.framework.entry import AutoName, Call, Constraint, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry

_MINUTES_5 = 300


def _logs(call: Call[Aws]) -> Any:
    return call.cloud.client("logs", call.region)


def _gone(error: Exception) -> bool:
    return code(error) == "ResourceNotFoundException"


# Metric filters


def _put_metric_filter(call: Call[Aws]) -> str:
    new = call.new
    wanted = new["metricTransformation"]
    transformation: Props = {
        "metricName": wanted["name"],
        "metricNamespace": wanted["namespace"],
        "metricValue": wanted["value"],
        "unit": wanted["unit"],
    }
    if wanted.get("defaultValue"):
        transformation["defaultValue"] = float(wanted["defaultValue"])
    if wanted.get("dimensions"):
        transformation["dimensions"] = wanted["dimensions"]
    _logs(call).put_metric_filter(
        logGroupName=new["logGroupName"],
        filterName=new["name"],
        filterPattern=new["pattern"],
        metricTransformations=[transformation],
        **_on_transformed(new),
    )
    return new["name"]


def _on_transformed(new: Props) -> Props:
    return {"applyOnTransformedLogs": True} if new.get("applyOnTransformedLogs") else {}


def _update_metric_filter(call: Call[Aws]) -> None:
    _put_metric_filter(call)


def _read_metric_filter(call: Call[Aws]) -> Props | None:
    found = _filter(call, "describe_metric_filters", "metricFilters", call.old["logGroupName"], call.id)
    if not found:
        return None
    read = found["metricTransformations"][0]
    default = read.get("defaultValue")
    transformation: Props = {
        "name": read["metricName"],
        "namespace": read["metricNamespace"],
        "value": read["metricValue"],
        "unit": read.get("unit", "None"),
        "defaultValue": None if default is None else re.sub(r"\.0$", "", repr(float(default))),
        "dimensions": read.get("dimensions") or None,
    }
    return {
        "name": found["filterName"],
        "logGroupName": found["logGroupName"],
        "pattern": found["filterPattern"],
        "metricTransformation": {name: value for name, value in transformation.items() if value is not None},
        "applyOnTransformedLogs": bool(found.get("applyOnTransformedLogs")),
        "region": call.region or call.cloud.region,
    }


def _filter(call: Call[Aws], operation: str, answer: str, group: str, name: str) -> Props:
    """The group's filter of this very name; an empty answer when there is none, or no group."""
    try:
        pages = _logs(call).get_paginator(operation).paginate(logGroupName=group, filterNamePrefix=name)
        return next((one for page in pages for one in page[answer] if one["filterName"] == name), {})
    except Exception as error:
        if _gone(error):
            return {}
        raise


def _delete_metric_filter(call: Call[Aws]) -> None:
    try:
        _logs(call).delete_metric_filter(logGroupName=call.old["logGroupName"], filterName=call.id)
    except Exception as error:
        if not _gone(error):
            raise


def _import_metric_filter(import_id: str) -> tuple[str, Props]:
    group, colon, name = import_id.partition(":")
    if not colon:
        raise PluginError(f"a metric filter is imported as <log group>:<name>: {import_id}")
    return name, {"logGroupName": group, "name": name}


# Subscription filters


def _subscribe(call: Call[Aws]) -> str:
    """A permission or a role made a moment ago may not be believed in yet."""
    logs, new = _logs(call), call.new
    wanted: Props = {
        "roleArn": new.get("roleArn"),
        "distribution": new.get("distribution"),
        "emitSystemFields": new.get("emitSystemFields"),
    }
    wanted = {name: value for name, value in wanted.items() if value} | _on_transformed(new)
    retry(
        lambda: logs.put_subscription_filter(
            logGroupName=new["logGroup"],
            filterName=new["name"],
            filterPattern=new["filterPattern"],
            destinationArn=new["destinationArn"],
            **wanted,
        ),
        _not_yet,
        seconds=_MINUTES_5,
    )
    return _subscription_id(new["logGroup"])


def _not_yet(error: Exception) -> bool:
    return (
        says(
            error,
            "InvalidParameterException",
            "Could not deliver test message to specified",
            "Could not execute the lambda function",
        )
        or says(error, "OperationAbortedException", "Please try again")
        or says(error, "ValidationException", "permission to assume the role", "assume role")
    )


def _subscription_id(group: str) -> str:
    """One number for all filters of a group."""
    return f"cwlsf-{zlib.crc32(f'{group}-'.encode())}"


def _update_subscription(call: Call[Aws]) -> None:
    _subscribe(call)


def _read_subscription(call: Call[Aws]) -> Props | None:
    group, name = call.old["logGroup"], call.old["name"]
    found = _filter(call, "describe_subscription_filters", "subscriptionFilters", group, name)
    if not found:
        return None
    return {
        "name": name,
        "logGroup": group,
        "destinationArn": found["destinationArn"],
        "filterPattern": found["filterPattern"],
        "distribution": found.get("distribution", ""),
        "roleArn": found.get("roleArn", ""),
        "emitSystemFields": found.get("emitSystemFields") or None,
        "applyOnTransformedLogs": bool(found.get("applyOnTransformedLogs")),
        "region": call.region or call.cloud.region,
    }


def _unsubscribe(call: Call[Aws]) -> None:
    try:
        _logs(call).delete_subscription_filter(logGroupName=call.old["logGroup"], filterName=call.old["name"])
    except Exception as error:
        if not _gone(error):
            raise


def _import_subscription(import_id: str) -> tuple[str, Props]:
    group, bar, name = import_id.partition("|")
    if not bar:
        raise PluginError(f"a subscription filter is imported as <log group>|<name>: {import_id}")
    return _subscription_id(group), {"logGroup": group, "name": name}


# Saved queries


def _put_query(call: Call[Aws]) -> str:
    wanted: Props = {"name": call.new["name"], "queryString": call.new["queryString"]}
    if call.new.get("logGroupNames"):
        wanted["logGroupNames"] = call.new["logGroupNames"]
    if call.id:
        wanted["queryDefinitionId"] = call.id
    return _logs(call).put_query_definition(**wanted)["queryDefinitionId"]


def _update_query(call: Call[Aws]) -> None:
    _put_query(call)


def _read_query(call: Call[Aws]) -> Props | None:
    """Looked for under the name it is known by: renamed by hand, it counts as gone."""
    found = _query(call)
    if not found:
        return None
    region = call.region or call.cloud.region
    return {
        "arn": f"arn:{call.cloud.partition}:logs:{region}:{call.cloud.account_id}:query-definition:{call.id}",
        "name": found["name"],
        "queryDefinitionId": found["queryDefinitionId"],
        "queryString": found["queryString"],
        "logGroupNames": found.get("logGroupNames", []),
        "region": region,
    }


def _query(call: Call[Aws]) -> Props:
    logs, name, token = _logs(call), call.old.get("name"), ""
    prefix = {"queryDefinitionNamePrefix": name} if name else {}
    while True:
        page = logs.describe_query_definitions(**prefix, **({"nextToken": token} if token else {}))
        for query in page["queryDefinitions"]:
            if query["queryDefinitionId"] == call.id:
                return query
        token = page.get("nextToken", "")
        if not token:
            return {}


def _delete_query(call: Call[Aws]) -> None:
    try:
        _logs(call).delete_query_definition(queryDefinitionId=call.id)
    except Exception as error:
        if not _gone(error):
            raise


def _import_query(query_arn: str) -> tuple[str, Props]:
    if arn(query_arn) or ":query-definition:" not in query_arn:
        raise PluginError(f"a query definition is imported by its ARN: {query_arn}")
    return query_arn.rsplit(":", maxsplit=1)[-1], {}


# Data protection


def _protect(call: Call[Aws]) -> str:
    group = call.new["logGroupName"]
    _logs(call).put_data_protection_policy(logGroupIdentifier=group, policyDocument=call.new["policyDocument"])
    return group


def _update_protection(call: Call[Aws]) -> None:
    _protect(call)


def _read_protection(call: Call[Aws]) -> Props | None:
    try:
        found = _logs(call).get_data_protection_policy(logGroupIdentifier=call.id)
    except Exception as error:
        if _gone(error):
            return None
        raise
    if not found.get("policyDocument"):
        return None
    return {
        "logGroupName": found["logGroupIdentifier"],
        "policyDocument": sorted_json(found["policyDocument"]),
        "region": call.region or call.cloud.region,
    }


def _unprotect(call: Call[Aws]) -> None:
    try:
        _logs(call).delete_data_protection_policy(logGroupIdentifier=call.id)
    except Exception as error:
        if not _gone(error):
            raise


def _model(member: str) -> Constraint:
    return model("logs", "PutMetricFilter", f"metricTransformations.[].{member}")


def _number(value: str) -> str | None:
    try:
        float(value)
    except ValueError:
        return f"must be a number, as a text: {value}" if value else None
    return None


def _same_pattern(one: str, other: str) -> bool:
    return one.strip() == other.strip()


_GROUP = every(length(1, 512), matches(r"[0-9A-Za-z_./#-]*", "have only letters, digits and _./#-"))
_FILTER = every(length(1, 512), excludes("[:*]", "have : or *"))
_PATTERN = length(0, 1024)

ENTRIES = (
    Entry(
        token="aws:cloudwatch/logMetricFilter:LogMetricFilter",
        replaces=("name", "logGroupName"),
        autoname=AutoName(),
        defaults={"metricTransformation.unit": "None"},
        computed=("applyOnTransformedLogs",),
        checks={
            "name": _FILTER,
            "logGroupName": _GROUP,
            "pattern": _PATTERN,
            "metricTransformation.name": _model("metricName"),
            "metricTransformation.namespace": _model("metricNamespace"),
            "metricTransformation.value": _model("metricValue"),
            "metricTransformation.unit": _model("unit"),
            "metricTransformation.defaultValue": _number,
        },
        same={"pattern": _same_pattern},
        stored={"pattern": str.strip},
        create=_put_metric_filter,
        read=_read_metric_filter,
        update=_update_metric_filter,
        delete=_delete_metric_filter,
        imports=_import_metric_filter,
    ),
    Entry(
        token="aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
        replaces=("name", "logGroup", "destinationArn"),
        deletes_first=True,
        autoname=AutoName(),
        defaults={"distribution": "ByLogStream"},
        computed=("applyOnTransformedLogs", "roleArn"),
        checks={
            "name": _FILTER,
            "logGroup": _GROUP,
            "destinationArn": arn,
            "roleArn": arn,
            "filterPattern": _PATTERN,
            "distribution": one_of("Random", "ByLogStream"),
            "emitSystemFields": each(one_of("@aws.account", "@aws.region")),
        },
        sets=("emitSystemFields",),
        reads_back=False,
        create=_subscribe,
        read=_read_subscription,
        update=_update_subscription,
        delete=_unsubscribe,
        imports=_import_subscription,
    ),
    Entry(
        token="aws:cloudwatch/queryDefinition:QueryDefinition",
        autoname=AutoName(),
        checks={
            "name": every(length(1, 255), excludes("[:*]", "have : or *"), excludes("^/|/$", "start or end with /")),
            "queryString": length(1, 10_000),
            "logGroupNames": each(_GROUP),
        },
        create=_put_query,
        read=_read_query,
        update=_update_query,
        delete=_delete_query,
        imports=_import_query,
    ),
    Entry(
        token="aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy",
        replaces=("logGroupName",),
        checks={"logGroupName": _GROUP, "policyDocument": json_text},
        same={"policyDocument": same_json},
        keeps=("policyDocument",),
        stored={"policyDocument": sorted_json},
        create=_protect,
        read=_read_protection,
        update=_update_protection,
        delete=_unprotect,
    ),
)
