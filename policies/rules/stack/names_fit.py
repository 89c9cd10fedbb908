"""Names and texts as long as AWS takes them: what is too long fails in the midst of an update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity

# Characters at most. A test holds them against AWS's service models.
LIMITS: Mapping[str, Mapping[str, int]] = {
    "aws:bedrock/inferenceProfile:InferenceProfile": {"name": 64, "description": 200},
    "aws:budgets/budget:Budget": {"name": 100},
    "aws:cloudwatch/eventRule:EventRule": {"name": 64, "description": 512},
    "aws:cloudwatch/logGroup:LogGroup": {"name": 512},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"name": 255, "alarmDescription": 1024},
    "aws:cloudwatch/queryDefinition:QueryDefinition": {"name": 255, "queryString": 10000},
    "aws:dynamodb/table:Table": {"name": 255},
    "aws:iam/policy:Policy": {"name": 128, "description": 1000},
    "aws:iam/role:Role": {"name": 64, "description": 1000},
    "aws:iam/rolePolicy:RolePolicy": {"name": 128},
    "aws:lambda/function:Function": {"name": 64, "description": 256},
    "aws:scheduler/scheduleGroup:ScheduleGroup": {"name": 64},
    "aws:secretsmanager/secret:Secret": {"name": 512, "description": 2048},
    "aws:sns/topic:Topic": {"name": 256, "displayName": 100},
    "aws:sqs/queue:Queue": {"name": 80},
    "aws:ssm/parameter:Parameter": {"name": 2048, "description": 1024},
    "aws:ssoadmin/permissionSet:PermissionSet": {"name": 32, "description": 700},
    "okta:group/group:Group": {"name": 255, "description": 1024},
}


def judge(resource: Resource) -> Iterator[Finding]:
    for key, most in LIMITS[resource.type].items():
        value: Any = resource.props.get(key)
        if isinstance(value, str) and len(value) > most:
            yield Breach(f"{key} has {len(value)} characters; at most {most}")
        elif value is UNKNOWN and key == "name" and not resource.type.endswith(":RolePolicy"):
            yield Breach("its name is not known in a preview; `rollout.names` makes names")


RULE = ResourceRule(
    name="names-fit",
    severity=Severity.MEDIUM,
    description="Names are known in previews, and names and descriptions are no longer than AWS and Okta take.",
    remediation="Make the name in `rollout.names`, where parts have lengths.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    types=frozenset(LIMITS),
    judge=judge,
)
