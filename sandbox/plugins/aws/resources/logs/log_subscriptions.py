"""Where the events of a log group go."""

from __future__ import annotations

import zlib
from typing import Any

from sandbox.plugins.aws.client import Aws, code, says
from sandbox.plugins.aws.resources.logs.metric_filters import _on_transformed
from sandbox.plugins.framework.constraints import (
    arn,
    each,
    every,
    excludes,
    length,
    matches,
    one_of,
)
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props
from sandbox.plugins.framework.waiting import retry

_MINUTES_5 = 300


def _logs(call: Call[Aws]) -> Any:
    return call.cloud.client("logs", call.region)


def _gone(error: Exception) -> bool:
    return code(error) == "ResourceNotFoundException"


def _filter(call: Call[Aws], operation: str, answer: str, group: str, name: str) -> Props:
    """The group's filter of this very name; an empty answer when there is none, or no group."""
    try:
        pages = _logs(call).get_paginator(operation).paginate(logGroupName=group, filterNamePrefix=name)
        return next((one for page in pages for one in page[answer] if one["filterName"] == name), {})
    except Exception as error:
        if _gone(error):
            return {}
        raise


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


_GROUP = every(length(1, 512), matches(r"[0-9A-Za-z_./#-]*", "have only letters, digits and _./#-"))
_FILTER = every(length(1, 512), excludes("[:*]", "have : or *"))
_PATTERN = length(0, 1024)
ENTRIES = (
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
)
