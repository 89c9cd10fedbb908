"""What a CI system may do in an account: one role that previews, which only reads, and one that deploys.

Rights follow what this program declares, service by service; names limit them to what is ours. Where IAM knows no
resource for an action (Service Authorization Reference), its Allow can name none: those stand apart in `UNNAMED_READS`,
`UNNAMED_WRITES` and `UNNAMED_BILLING`, bound to a region.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rollout import names
from rollout.access.documents import Document, allow
from rollout.account import BILLING_REGION, Account

# Who may be handed a role of ours.
PASSED_TO = ("bedrock.amazonaws.com", "chatbot.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com")


def environments(stack: str) -> tuple[str, str]:
    """A stack's environments at GitHub: where it is previewed, and, behind reviewers, where it is deployed."""
    return f"{stack}-preview", stack


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Of one service: the actions that read and those that write, as words, on which resources. `reads_own`: those that
    read what people keep secret, and `own`, the condition under which the role that previews a stack may."""

    service: str
    resources: tuple[str, ...]
    reads: str
    writes: str
    reads_own: str = ""
    own: Callable[[str], Document] | None = None

    @property
    def sid(self) -> str:
        return "".join(part.capitalize() for part in self.service.split("-"))

    @property
    def read(self) -> list[str]:
        return self._actions(self.reads)

    @property
    def all(self) -> list[str]:
        return [*self.read, *self._actions(self.reads_own), *self._actions(self.writes)]

    def allow_read(self, stack: str) -> list[Document]:
        """To whoever previews a stack."""
        plain = [allow(self.sid, self.read, self.resources)] if self.reads else []
        if self.own is None:
            return plain
        own = allow(f"{self.sid}OfTheStack", self._actions(self.reads_own), self.resources, self.own(stack))
        return [*plain, own]

    def _actions(self, words: str) -> list[str]:
        return [f"{self.service}:{action}" for action in words.split()]


# Of the meter's table, by what their keys begin with.
DECLARED_ITEMS = [f"{names.PROFILE_ITEM}*", f"{names.GATEWAY_ITEM}*"]


def rights(account: Account, okta_domain: str) -> list[Rights]:
    ours = names.PREFIX
    logs = (f"/{ours}/*", f"/aws/lambda/{ours}-*")
    return [
        Rights(
            service="iam",
            resources=(
                account.iam(f"role/{ours}-*"),
                account.policy_arn(f"{ours}-*"),
                account.iam(f"saml-provider/{names.SAML_PROVIDER}"),
                account.iam(f"oidc-provider/{okta_domain}"),
            ),
            reads="""
                GetOpenIDConnectProvider GetPolicy GetPolicyVersion GetRole GetRolePolicy GetSAMLProvider
                ListAttachedRolePolicies ListInstanceProfilesForRole ListOpenIDConnectProviderTags
                ListPolicyTags ListPolicyVersions ListRolePolicies ListRoleTags ListSAMLProviderTags
            """,
            writes="""
                AddClientIDToOpenIDConnectProvider AttachRolePolicy CreateOpenIDConnectProvider CreatePolicy
                CreatePolicyVersion CreateRole CreateSAMLProvider DeleteOpenIDConnectProvider DeletePolicy
                DeletePolicyVersion DeleteRole DeleteRolePolicy DeleteSAMLProvider DetachRolePolicy
                PutRolePermissionsBoundary PutRolePolicy RemoveClientIDFromOpenIDConnectProvider
                TagOpenIDConnectProvider TagPolicy TagRole TagSAMLProvider UntagOpenIDConnectProvider UntagPolicy
                UntagRole UntagSAMLProvider UpdateAssumeRolePolicy UpdateOpenIDConnectProviderThumbprint UpdateRole
                UpdateRoleDescription UpdateSAMLProvider
            """,
        ),
        Rights(
            service="bedrock",
            resources=(
                account.bedrock("application-inference-profile/*"),
                account.bedrock("inference-profile/*"),
                f"arn:{account.partition}:bedrock:*::foundation-model/*",
            ),
            reads="GetInferenceProfile ListTagsForResource",
            writes="CreateInferenceProfile DeleteInferenceProfile TagResource UntagResource",
        ),
        Rights(
            service="logs",
            resources=tuple(account.log_group_arn(group + rest) for group in logs for rest in ("", ":*")),
            reads="""
                DescribeLogStreams DescribeMetricFilters DescribeSubscriptionFilters GetDataProtectionPolicy
                ListTagsForResource
            """,
            writes="""
                CreateLogGroup CreateLogStream DeleteDataProtectionPolicy DeleteMetricFilter DeleteSubscriptionFilter
                PutDataProtectionPolicy PutLogGroupDeletionProtection PutMetricFilter PutRetentionPolicy
                PutSubscriptionFilter TagResource UntagResource
            """,
        ),
        Rights(
            service="cloudwatch",
            resources=(
                account.alarm_arn(f"{ours}-*"),
                f"arn:{account.partition}:cloudwatch::{account.id}:dashboard/{ours}*",
            ),
            reads="DescribeAlarms GetDashboard ListTagsForResource",
            writes="DeleteAlarms DeleteDashboards PutDashboard PutMetricAlarm TagResource UntagResource",
        ),
        Rights(
            service="lambda",
            resources=(account.function_arn(f"{ours}-*"),),
            reads="""
                GetFunction GetFunctionCodeSigningConfig GetFunctionConcurrency GetFunctionConfiguration
                GetFunctionEventInvokeConfig GetFunctionRecursionConfig GetFunctionUrlConfig GetPolicy
                GetRuntimeManagementConfig ListTags ListVersionsByFunction
            """,
            # A change of level is announced by invoking a function.
            writes="""
                AddPermission CreateFunction CreateFunctionUrlConfig DeleteFunction DeleteFunctionConcurrency
                DeleteFunctionEventInvokeConfig DeleteFunctionUrlConfig InvokeFunction PutFunctionConcurrency
                PutFunctionEventInvokeConfig RemovePermission TagResource UntagResource UpdateFunctionCode
                UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig UpdateFunctionUrlConfig
            """,
        ),
        Rights(
            service="sqs",
            resources=(account.queue_arn(f"{ours}-*"),),
            reads="GetQueueAttributes ListQueueTags",
            writes="CreateQueue DeleteQueue SetQueueAttributes TagQueue UntagQueue",
        ),
        Rights(
            service="sns",
            resources=(account.topic_arn("*"),),
            reads="GetSubscriptionAttributes GetTopicAttributes ListTagsForResource",
            writes="""
                CreateTopic DeleteTopic SetSubscriptionAttributes SetTopicAttributes Subscribe TagResource Unsubscribe
                UntagResource
            """,
        ),
        Rights(
            service="dynamodb",
            resources=(account.table_arn(f"{ours}-*"),),
            reads="DescribeContinuousBackups DescribeTable DescribeTimeToLive ListTagsOfResource",
            # Whose a profile is and where a cohort stands, which the program declares; not who used what.
            reads_own="GetItem",
            own=lambda _: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": DECLARED_ITEMS}},
            writes="""
                CreateTable DeleteItem PutItem TagResource UntagResource UpdateItem UpdateTable UpdateTimeToLive
            """,
        ),
        Rights(
            service="secretsmanager",
            resources=(account.secret_arn(f"{ours}/*"),),
            reads="DescribeSecret GetResourcePolicy",
            # A version is refreshed by reading its value (terraform-provider-aws, secret version).
            reads_own="GetSecretValue",
            own=lambda stack: {"StringEquals": {f"aws:ResourceTag/{names.STACK_TAG}": stack}},
            writes="""
                CreateSecret DeleteSecret PutSecretValue TagResource UntagResource UpdateSecret UpdateSecretVersionStage
            """,
        ),
        Rights(
            service="events",
            resources=(account.rule_arn(f"{ours}-*"),),
            reads="DescribeRule ListTagsForResource ListTargetsByRule",
            writes="DeleteRule PutRule PutTargets RemoveTargets TagResource UntagResource",
        ),
        Rights(
            service="scheduler",
            resources=(
                account.schedule_arn("*", f"{ours}-*"),
                account.schedule_arn(f"{ours}-*", "*"),
                account.schedule_group_arn(f"{ours}-*"),
            ),
            reads="GetSchedule GetScheduleGroup ListTagsForResource",
            writes="""
                CreateSchedule CreateScheduleGroup DeleteSchedule DeleteScheduleGroup TagResource UntagResource
                UpdateSchedule
            """,
        ),
        Rights(
            service="ssm",
            resources=(account.parameter_arn(f"/{ours}/*"), account.parameter_arn(f"/{ours}")),
            reads="GetParameter GetParametersByPath ListTagsForResource",
            writes="AddTagsToResource DeleteParameter PutParameter RemoveTagsFromResource",
        ),
        Rights(
            service="ses",
            resources=(account.identity_arn("*"),),
            reads="GetEmailIdentity ListTagsForResource",
            writes="CreateEmailIdentity DeleteEmailIdentity PutEmailIdentityDkimAttributes TagResource UntagResource",
        ),
        Rights(
            service="budgets",
            resources=(f"arn:{account.partition}:budgets::{account.id}:budget/{names.BUDGET}",),
            reads="ListTagsForResource ViewBudget",
            writes="ModifyBudget TagResource UntagResource",
        ),
        Rights(
            service="s3",
            resources=tuple(account.bucket_arn(names.billing_bucket(account.id)) + rest for rest in ("", "/*")),
            # A bucket is refreshed by asking for all that may belong to it (terraform-provider-aws, S3 bucket).
            reads="""
                GetAccelerateConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging
                GetBucketObjectLockConfiguration GetBucketPolicy GetBucketPublicAccessBlock GetBucketRequestPayment
                GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
                GetLifecycleConfiguration GetReplicationConfiguration ListBucket
            """,
            writes="""
                CreateBucket DeleteBucket DeleteBucketPolicy DeleteObject DeleteObjectVersion ListBucketVersions
                PutBucketPolicy PutBucketPublicAccessBlock PutBucketTagging PutEncryptionConfiguration
                PutLifecycleConfiguration
            """,
        ),
        Rights(
            service="bcm-data-exports",
            resources=(
                account.export_arn(names.BILLING_EXPORT),
                f"arn:{account.partition}:bcm-data-exports:{BILLING_REGION}:{account.id}:table/COST_AND_USAGE_REPORT",
            ),
            reads="GetExport ListTagsForResource",
            writes="CreateExport DeleteExport TagResource UntagResource UpdateExport",
        ),
        Rights(
            service="ce",
            resources=(account.anomaly_arn("anomalymonitor"), account.anomaly_arn("anomalysubscription")),
            reads="GetAnomalyMonitors GetAnomalySubscriptions ListTagsForResource",
            writes="""
                DeleteAnomalyMonitor DeleteAnomalySubscription TagResource UntagResource UpdateAnomalyMonitor
                UpdateAnomalySubscription
            """,
        ),
        # An export of the bill is a report's definition as well (AWS Data Exports user guide, access).
        Rights(
            service="cur",
            resources=(f"arn:{account.partition}:cur:{BILLING_REGION}:{account.id}:*/{names.BILLING_EXPORT}*",),
            reads="",
            writes="PutReportDefinition",
        ),
    ]


UNNAMED_READS = (
    *("bedrock:GetModelInvocationLoggingConfiguration", "logs:DescribeLogGroups", "logs:DescribeQueryDefinitions"),
    *("lambda:GetEventSourceMapping", "ssm:DescribeParameters"),
    *("chatbot:DescribeSlackChannelConfigurations", "chatbot:ListTagsForResource"),
)
UNNAMED_WRITES = (
    *("bedrock:DeleteModelInvocationLoggingConfiguration", "bedrock:PutModelInvocationLoggingConfiguration"),
    *("logs:DeleteQueryDefinition", "logs:PutQueryDefinition", "lambda:CreateEventSourceMapping"),
    *("lambda:DeleteEventSourceMapping", "lambda:UpdateEventSourceMapping"),
    *("chatbot:CreateSlackChannelConfiguration", "chatbot:DeleteSlackChannelConfiguration"),
    *("chatbot:UpdateSlackChannelConfiguration", "chatbot:TagResource", "chatbot:UntagResource"),
)
# The same, of what lives in Billing's region wherever the stack is.
UNNAMED_BILLING = ("ce:CreateAnomalyMonitor", "ce:CreateAnomalySubscription")


def in_region(sid: str, actions: Iterable[str], region: str) -> Document:
    return allow(sid, list(actions), ["*"], {"StringEquals": {"aws:RequestedRegion": region}})
