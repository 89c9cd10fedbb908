"""Whatever AWS lets us tag says whose it is: costs are told apart by it, and so are leftovers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.engine.resources import COHORT, UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity

# Of those in use. The SAML provider is left out: decision 7. A test holds this against the plug-in's own types.
TAGGABLE = {
    "aws:bcmdata/export:Export",
    "aws:bedrock/inferenceProfile:InferenceProfile",
    "aws:budgets/budget:Budget",
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
    "aws:costexplorer/anomalySubscription:AnomalySubscription",
    "aws:dynamodb/table:Table",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ecs/cluster:Cluster",
    "aws:ecs/service:Service",
    "aws:ecs/taskDefinition:TaskDefinition",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:kms/key:Key",
    "aws:lambda/eventSourceMapping:EventSourceMapping",
    "aws:lambda/function:Function",
    "aws:lb/listener:Listener",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:lb/targetGroup:TargetGroup",
    "aws:s3/bucket:Bucket",
    "aws:scheduler/scheduleGroup:ScheduleGroup",
    "aws:secretsmanager/secret:Secret",
    "aws:sesv2/emailIdentity:EmailIdentity",
    "aws:sns/topic:Topic",
    "aws:sqs/queue:Queue",
    "aws:ssm/parameter:Parameter",
    "aws:ssoadmin/permissionSet:PermissionSet",
}


def judge(resource: Resource) -> Iterator[Finding]:
    tags: Any = resource.props.get("tags") or {}
    wanted = ("organization", "cohort") if COHORT in resource.ancestors else ("organization",)
    missing = wanted if tags is UNKNOWN else [tag for tag in wanted if not tags.get(tag) or tags[tag] is UNKNOWN]
    if missing:
        yield Breach(f"without the tag {' and '.join(missing)}; give it plainly, or its cost is nobody's")


RULE = ResourceRule(
    name="cost-tags",
    severity=Severity.MEDIUM,
    description="What can be tagged names its organization, and what is of a cohort the cohort.",
    remediation='Pass the component\'s tags: {"organization": ..., "cohort": ...}.',
    url="https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html",
    types=TAGGABLE,
    judge=judge,
)
