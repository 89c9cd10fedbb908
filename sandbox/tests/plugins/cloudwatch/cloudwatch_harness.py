"""Types and inputs of alarms and dashboards."""

from __future__ import annotations

import json

from sandbox.plugins.framework.values import Props
from sandbox.tests.cloud_harness import ACCOUNT

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"


DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"


ALERTS = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"


PAGER = f"arn:aws:sns:us-east-1:{ACCOUNT}:pager"


COMPARED: Props = {"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1}


SPEND: Props = COMPARED | {
    "name": "pilot-spend",
    "namespace": "ClaudeCode",
    "metricName": "UsdPerDay",
    "dimensions": {"cohort": "pilot"},
    "statistic": "Sum",
    "period": 3600,
    "threshold": 50,
    "alarmActions": [ALERTS, PAGER],
}


QUERIES = [
    {"id": "ratio", "expression": "errors / calls", "label": "Errors", "returnData": True},
    {
        "id": "errors",
        "metric": {"namespace": "AWS/Bedrock", "metricName": "InvocationClientErrors", "period": 300, "stat": "Sum", "dimensions": {"ModelId": "abc"}},
    },
    {"id": "calls", "metric": {"namespace": "AWS/Bedrock", "metricName": "Invocations", "period": 300, "stat": "p99.9"}},
]  # fmt: skip


ERRORS: Props = COMPARED | {"name": "pilot-errors", "metricQueries": QUERIES, "threshold": 0.05}


EITHER: Props = {"alarmName": "pilot-any", "alarmRule": 'ALARM("pilot-spend") OR ALARM(pilot-errors)'}


WIDGET = {
    "type": "metric",
    "width": 12,
    "height": 6,
    "properties": {"region": "us-east-1", "metrics": [["ClaudeCode", "UsdPerDay"]]},
}


BOARD: Props = {"dashboardName": "claude-code", "dashboardBody": json.dumps({"widgets": [WIDGET]})}


def without(props: Props, *names: str) -> Props:
    return {name: value for name, value in props.items() if name not in names}
