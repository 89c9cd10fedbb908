"""What moto lacks of CloudWatch Logs: saved queries, data protection, filters that are put twice, permissions."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from moto.awslambda.utils import get_backend
from moto.logs.models import LogGroup, SubscriptionFilter
from moto.logs.responses import LogsResponse

from sandbox.aws import trust
from sandbox.aws.refusals import JsonRefusal
from sandbox.aws.validation import mistakes

# Quotas of a log group, and of an account and region.
METRIC_FILTERS = 100
SUBSCRIPTION_FILTERS = 2
QUERY_DEFINITIONS = 1000
DIMENSIONS = 3
PAGE = 1000
_KEPT = ("distribution", "applyOnTransformedLogs", "emitSystemFields")
_PROTECTION_VERSION = "2021-06-01"

Given = dict[str, Any]


def invalid(message: str) -> JsonRefusal:
    return JsonRefusal("InvalidParameterException", message)


def not_found(what: str) -> JsonRefusal:
    return JsonRefusal("ResourceNotFoundException", f"The specified {what} does not exist.")


def _now() -> int:
    return int(time.time() * 1000)


class Logs(LogsResponse):
    """moto's CloudWatch Logs with these operations in place of its own."""

    # Metric filters

    def put_metric_filter(self) -> str:
        given = self._given("PutMetricFilter")
        group, name = self._group(given["logGroupName"]).name, given["filterName"]
        if reason := next(_transformation_mistakes(given["metricTransformations"][0]), None):
            raise invalid(reason)
        filters = self.logs_backend.filters.metric_filters
        others = [one for one in filters if (one["logGroupName"], one["filterName"]) != (group, name)]
        if sum(one["logGroupName"] == group for one in others) >= METRIC_FILTERS:
            raise JsonRefusal("LimitExceededException", "Resource limit exceeded.")
        filters[:] = [*others, {"applyOnTransformedLogs": False} | given | {"creationTime": _now()}]
        return ""

    def describe_metric_filters(self) -> str:
        given = self._given("DescribeMetricFilters")
        if given.get("logGroupName"):
            self._group(given["logGroupName"])
        return super().describe_metric_filters()

    def delete_metric_filter(self) -> str:
        given = self._given("DeleteMetricFilter")
        group = self._group(given["logGroupName"]).name
        filters = self.logs_backend.filters.metric_filters
        left = [one for one in filters if (one["logGroupName"], one["filterName"]) != (group, given["filterName"])]
        if len(left) == len(filters):
            raise not_found("metric filter")
        filters[:] = left
        return ""

    # Groups, with deletion protection

    def create_log_group(self) -> str:
        given = self._given("CreateLogGroup")
        answer = super().create_log_group()
        vars(self._group(given["logGroupName"]))["protected"] = bool(given.get("deletionProtectionEnabled"))
        return answer

    def put_log_group_deletion_protection(self) -> str:
        given = self._given("PutLogGroupDeletionProtection")
        vars(self._group(given["logGroupIdentifier"]))["protected"] = bool(given["deletionProtectionEnabled"])
        return ""

    def describe_log_groups(self) -> str:
        told: Given = json.loads(super().describe_log_groups())
        for shown in told["logGroups"]:
            shown["deletionProtectionEnabled"] = vars(self._group(shown["logGroupName"])).get("protected", False)
        return json.dumps(told)

    def delete_log_group(self) -> str:
        """A group takes its filters along. One that is protected stays (API reference, DeleteLogGroup)."""
        name = self._get_param("logGroupName")
        if vars(self._group(name)).get("protected"):
            raise JsonRefusal("ValidationException", f"Log group is protected from deletion: {name}")
        answer = super().delete_log_group()
        filters = self.logs_backend.filters.metric_filters
        filters[:] = [one for one in filters if one["logGroupName"] != name]
        return answer

    # Subscription filters

    def put_subscription_filter(self) -> str:
        """Logs tries the destination before it believes in it."""
        given = self._given("PutSubscriptionFilter")
        group, name = self._group(given["logGroupName"]), given["filterName"]
        known = group.subscription_filters
        if name not in known and len(known) >= SUBSCRIPTION_FILTERS:
            raise JsonRefusal("LimitExceededException", "Resource limit exceeded.")
        if ":lambda:" in given["destinationArn"] and not self._may_invoke(group, given["destinationArn"]):
            raise invalid(
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to "
                "execute your function."
            )
        before = known.pop(name, None)
        try:
            super().put_subscription_filter()
        except Exception:
            if before:
                known[name] = before
            raise
        vars(known[name])["kept"] = {key: given[key] for key in _KEPT if given.get(key) is not None}
        return ""

    def describe_subscription_filters(self) -> str:
        given = self._given("DescribeSubscriptionFilters")
        prefix = given.get("filterNamePrefix") or ""
        found = self._group(given["logGroupName"]).subscription_filters.values()
        return json.dumps({"subscriptionFilters": [_shown(one) for one in found if one.name.startswith(prefix)]})

    def _may_invoke(self, group: LogGroup, function_arn: str) -> bool:
        try:
            function = get_backend(self.current_account, self.region).get_function(function_arn)
        except Exception:  # moto has one for each way of not being there
            return False
        statements: list[Given] = function.policy.statements if function.policy else []
        hosts = ("logs.amazonaws.com", f"logs.{self.region}.amazonaws.com")
        context = {"aws:sourcearn": (f"{group.arn}:*",), "aws:sourceaccount": (self.current_account,)}
        return any(
            trust.allows(
                [{"Version": "2012-10-17", "Statement": statements}],
                trust.Request(
                    action="lambda:InvokeFunction", principal=("Service", host), resource=function_arn, context=context
                ),
            )
            for host in hosts
        )

    # Saved queries

    @property
    def _queries(self) -> dict[str, Given]:
        """By id, on moto's own backend and so in its snapshot."""
        return vars(self.logs_backend).setdefault("query_definitions", {})

    def put_query_definition(self) -> str:
        given = self._given("PutQueryDefinition")
        name, number = given["name"], given.get("queryDefinitionId")
        if name.startswith("/") or name.endswith("/") or any(character in name for character in ":*"):
            raise invalid("Name can not contain : or *, and can not start or end with /")
        if number and number not in self._queries:
            raise not_found("query definition")
        if not number and len(self._queries) >= QUERY_DEFINITIONS:
            raise JsonRefusal("LimitExceededException", "Resource limit exceeded.")
        number = number or str(uuid.uuid4())
        kept = {key: value for key, value in given.items() if key != "clientToken"}
        self._queries[number] = {"logGroupNames": []} | kept | {"queryDefinitionId": number, "lastModified": _now()}
        return json.dumps({"queryDefinitionId": number})

    def describe_query_definitions(self) -> str:
        given = self._given("DescribeQueryDefinitions")
        prefix, size = given.get("queryDefinitionNamePrefix") or "", given.get("maxResults") or PAGE
        found = [query for query in self._queries.values() if query["name"].startswith(prefix)]
        start = int(given["nextToken"]) if str(given.get("nextToken", "")).isdecimal() else 0
        more = {"nextToken": str(start + size)} if start + size < len(found) else {}
        return json.dumps({"queryDefinitions": found[start : start + size]} | more)

    def delete_query_definition(self) -> str:
        number = self._given("DeleteQueryDefinition")["queryDefinitionId"]
        if self._queries.pop(number, None) is None:
            raise not_found("query definition")
        return json.dumps({"success": True})

    # Data protection

    def put_data_protection_policy(self) -> str:
        given = self._given("PutDataProtectionPolicy")
        group = self._group(given["logGroupIdentifier"])
        if reason := next(_protection_mistakes(given["policyDocument"]), None):
            raise invalid(f"Data protection policy is not valid: {reason}")
        kept = {"policyDocument": given["policyDocument"], "lastUpdatedTime": _now()}
        vars(group)["data_protection"] = kept
        return json.dumps({"logGroupIdentifier": given["logGroupIdentifier"]} | kept)

    def get_data_protection_policy(self) -> str:
        given = self._given("GetDataProtectionPolicy")
        kept: Given = vars(self._group(given["logGroupIdentifier"])).get("data_protection", {})
        return json.dumps({"logGroupIdentifier": given["logGroupIdentifier"]} | kept)

    def delete_data_protection_policy(self) -> str:
        group = self._group(self._given("DeleteDataProtectionPolicy")["logGroupIdentifier"])
        if vars(group).pop("data_protection", None) is None:
            raise not_found("data protection policy")
        return ""

    def _given(self, operation: str) -> Given:
        given: Given = json.loads(self.body)
        if found := mistakes("logs", operation, given):
            raise invalid(found)
        return given

    def _group(self, identifier: str) -> LogGroup:
        """By name or ARN."""
        name = identifier.partition(":log-group:")[2].removesuffix(":*") or identifier
        group = self.logs_backend.groups.get(name)
        if group is None:
            raise not_found("log group")
        return group


def _shown(one: SubscriptionFilter) -> Given:
    told = one.to_json() | {"applyOnTransformedLogs": False} | vars(one).get("kept", {})
    return {name: value for name, value in told.items() if value is not None}


def _transformation_mistakes(wanted: Given) -> Iterator[str]:
    dimensions: Given = wanted.get("dimensions") or {}
    if dimensions and wanted.get("defaultValue") is not None:
        yield "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
    if len(dimensions) > DIMENSIONS:
        yield f"Invalid metric transformation: at most {DIMENSIONS} dimensions are allowed."
    value = str(wanted["metricValue"])
    if not value.startswith("$"):
        try:
            float(value)
        except ValueError:
            yield f"Invalid metric transformation: the metric value is neither a number nor a field: {value}"


def _protection_mistakes(text: str) -> Iterator[str]:
    """An audit and a masking of the same kinds of data, in this order."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), list):
        yield "it is not a JSON document with statements"
        return
    statements: list[Given] = document["Statement"]
    if not document.get("Name") or document.get("Version") != _PROTECTION_VERSION:
        yield f"it needs a Name and the Version {_PROTECTION_VERSION}"
    operations = [next(iter(statement.get("Operation") or {}), "") for statement in statements]
    if operations not in (["Audit", "Deidentify"], ["Deidentify", "Audit"]):
        yield "it needs one statement that audits and one that de-identifies"
    if len({json.dumps(sorted(statement.get("DataIdentifier") or [])) for statement in statements}) > 1:
        yield "the data identifiers of both statements must be the same"
    if not all(statement.get("DataIdentifier") for statement in statements):
        yield "each statement needs data identifiers"
    for statement in statements:
        yield from _operation_mistakes(statement.get("Operation") or {})


def _operation_mistakes(operation: Given) -> Iterator[str]:
    if "Audit" in operation and "FindingsDestination" not in operation["Audit"]:
        yield "Audit needs a FindingsDestination, which may be empty"
    if "Deidentify" in operation and operation["Deidentify"] != {"MaskConfig": {}}:
        yield "Deidentify needs an empty MaskConfig"
