"""What is saved beside log groups: queries, and which data is masked."""

from __future__ import annotations

from typing import Any

from sandbox.plugins.aws.client import Aws, code
from sandbox.plugins.aws.policies import same_json, sorted_json
from sandbox.plugins.framework.constraints import (
    arn,
    each,
    every,
    excludes,
    json_text,
    length,
    matches,
)
from sandbox.plugins.framework.entry import AutoName, Call, Entry
from sandbox.plugins.framework.errors import PluginError
from sandbox.plugins.framework.values import Props


def _logs(call: Call[Aws]) -> Any:
    return call.cloud.client("logs", call.region)


def _gone(error: Exception) -> bool:
    return code(error) == "ResourceNotFoundException"


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


_GROUP = every(length(1, 512), matches(r"[0-9A-Za-z_./#-]*", "have only letters, digits and _./#-"))
ENTRIES = (
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
