"""Types and inputs of what is made of log events."""

from __future__ import annotations

import json
from typing import Any

from sandbox.plugins.framework.values import Props
from sandbox.tests.cloud_harness import ACCOUNT

METRIC = "aws:cloudwatch/logMetricFilter:LogMetricFilter"


SUBSCRIPTION = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter"


QUERY = "aws:cloudwatch/queryDefinition:QueryDefinition"


PROTECTION = "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy"


GROUP = "/claude-code/pilot/usage"


METER = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:meter"


ERRORS: Props = {
    "name": "errors",
    "logGroupName": GROUP,
    "pattern": '{ $.error = "*" }',
    "metricTransformation": {"name": "Errors", "namespace": "ClaudeCode", "value": "1", "defaultValue": "0"},
}


TO_METER: Props = {"name": "meter", "logGroup": GROUP, "destinationArn": METER, "filterPattern": ""}


SPEND: Props = {"name": "claude-code/spend", "queryString": "stats sum(usd) by user_id", "logGroupNames": [GROUP]}


EMAIL = "arn:aws:dataprotection::aws:data-identifier/EmailAddress"


MASK: Props = {
    "Name": "mask",
    "Version": "2021-06-01",
    "Statement": [
        {"Sid": "audit", "DataIdentifier": [EMAIL], "Operation": {"Audit": {"FindingsDestination": {}}}},
        {"Sid": "mask", "DataIdentifier": [EMAIL], "Operation": {"Deidentify": {"MaskConfig": {}}}},
    ],
}


MASKED: Props = {"logGroupName": GROUP, "policyDocument": json.dumps(MASK)}


def transformed(**changes: Any) -> Props:
    return ERRORS | {"metricTransformation": ERRORS["metricTransformation"] | changes}
