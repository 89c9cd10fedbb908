"""What no rule judges is not there: a type is added to the list with the rules that concern it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.resources import Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity
from policies.engine.workflows import of_program
from policies.rules.iam import no_lasting_keys
from policies.rules.stack import no_public_ingress

# AWS's, of those in use; a test holds this against the program. What Okta and Jamf have is not AWS's.
KNOWN: Final = {
    "aws:bcmdata/export:Export",
    "aws:bedrock/inferenceProfile:InferenceProfile",
    "aws:bedrockmodel/invocationLoggingConfiguration:InvocationLoggingConfiguration",
    "aws:budgets/budget:Budget",
    "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration",
    "aws:cloudwatch/dashboard:Dashboard",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
    "aws:cloudwatch/logDataProtectionPolicy:LogDataProtectionPolicy",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    "aws:cloudwatch/logStream:LogStream",
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:cloudwatch/queryDefinition:QueryDefinition",
    "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
    "aws:costexplorer/anomalySubscription:AnomalySubscription",
    "aws:dynamodb/table:Table",
    "aws:dynamodb/tableItem:TableItem",
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:ecs/cluster:Cluster",
    "aws:ecs/service:Service",
    "aws:ecs/taskDefinition:TaskDefinition",
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    "aws:iam/policy:Policy",
    "aws:iam/role:Role",
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:iam/samlProvider:SamlProvider",
    "aws:lambda/eventSourceMapping:EventSourceMapping",
    "aws:lambda/function:Function",
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
    "aws:lambda/functionUrl:FunctionUrl",
    "aws:lambda/invocation:Invocation",
    "aws:lambda/permission:Permission",
    "aws:lb/listener:Listener",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:lb/targetGroup:TargetGroup",
    "aws:s3/bucket:Bucket",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:scheduler/schedule:Schedule",
    "aws:scheduler/scheduleGroup:ScheduleGroup",
    "aws:secretsmanager/secret:Secret",
    "aws:secretsmanager/secretVersion:SecretVersion",
    "aws:sesv2/emailIdentity:EmailIdentity",
    "aws:sns/topic:Topic",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:sqs/queue:Queue",
    "aws:ssm/parameter:Parameter",
    "aws:ssoadmin/accountAssignment:AccountAssignment",
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment",
    "aws:ssoadmin/permissionSet:PermissionSet",
    "aws:ssoadmin/permissionsBoundaryAttachment:PermissionsBoundaryAttachment",
}


def applies(resource: Resource) -> bool:
    """What workflows are given has types of its own. What other rules refuse or read is theirs."""
    elsewhere = no_lasting_keys.RULE.concerns(resource) or no_public_ingress.RULE.concerns(resource)
    return resource.type.startswith("aws:") and of_program(resource) and not elsewhere


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.type not in KNOWN:
        yield Breach(f"{resource.type} is of a type that no rule of this pack knows")


RULE = ResourceRule(
    name="known-types",
    severity=Severity.HIGH,
    description="Only types that the pack knows are made: another could grant rights or carry data away unseen.",
    remediation="Add the type to `policies/rules/stack/known_types.py`, with the rules that must hold of it.",
    url="https://www.pulumi.com/docs/insights/policy/",
    types=None,
    applies=applies,
    judge=judge,
)
