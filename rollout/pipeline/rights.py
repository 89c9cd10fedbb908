"""What a CI system may do in an account: one role that previews, which only reads, and one that deploys.

Rights follow what this program declares, service by service; names limit them to what is ours. Where IAM knows no
resource for an action (Service Authorization Reference), its Allow can name none: those stand apart in `UNNAMED_READS`,
`UNNAMED_WRITES` and `UNNAMED_BILLING`, bound to a region.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rollout import names
from rollout.access.documents import Document, allow, document
from rollout.account import BILLING_REGION, Account
from rollout.iam_limits import MANAGED_CHARACTERS, characters
from rollout.stack_file.load import PROJECT

# Who may be handed a role of ours.
PASSED_TO = ("bedrock.amazonaws.com", "chatbot.amazonaws.com", "lambda.amazonaws.com", "scheduler.amazonaws.com")

# The file's own stops of single members.
ON_CALL_READS = names.member_stop_policy("*", 0).removesuffix("0") + "*"


def environments(stack: str) -> tuple[str, str]:
    """A stack's environments at GitHub: where it is previewed, and, behind reviewers, where it is deployed."""
    return f"{stack}-preview", stack


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Of one service: the actions that read and those that write, as words, on which resources."""

    service: str
    resources: tuple[str, ...]
    reads: str
    writes: str

    @property
    def sid(self) -> str:
        return "".join(part.capitalize() for part in self.service.split("-"))

    @property
    def read(self) -> list[str]:
        return [f"{self.service}:{action}" for action in self.reads.split()]

    @property
    def all(self) -> list[str]:
        return [*self.read, *(f"{self.service}:{action}" for action in self.writes.split())]


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
            reads="DescribeContinuousBackups DescribeTable DescribeTimeToLive GetItem ListTagsOfResource",
            writes="""
                CreateTable DeleteItem PutItem TagResource UntagResource UpdateItem UpdateTable UpdateTimeToLive
            """,
        ),
        Rights(
            service="secretsmanager",
            resources=(account.secret_arn(f"{ours}/*"),),
            # A version is refreshed by reading its value (terraform-provider-aws, secret version).
            reads="DescribeSecret GetResourcePolicy GetSecretValue",
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


def preview_policies(account: Account, okta_domain: str) -> list[Document]:
    """What a preview asks, and nothing that changes anything."""
    named = [allow(each.sid, each.read, each.resources) for each in rights(account, okta_domain) if each.read]
    return list(packed([*named, _unnamed(account, UNNAMED_READS)]))


def deploy_policies(account: Account, okta_domain: str) -> list[Document]:
    """What an update does. Whoever may make roles may make any, so this role is worth as much as the account: it is
    given to one environment, behind its reviewers."""
    named = [allow(each.sid, each.all, each.resources) for each in rights(account, okta_domain)]
    passed = allow(
        "HandOverRoles",
        ["iam:PassRole"],
        [account.iam(f"role/{names.PREFIX}-*")],
        {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
    )
    here = _unnamed(account, (*UNNAMED_READS, *UNNAMED_WRITES))
    return list(packed([*named, passed, here, _in_region("UnnamedBilling", UNNAMED_BILLING, BILLING_REGION)]))


def on_call_policy(account: Account) -> Document:
    """`rollout cut` and nothing else: inline policies of the cohorts' roles, known by the boundary that each carries,
    and what is in force there. What an inline policy may allow ends at that boundary."""
    role = account.iam(f"role/{names.role('*')}")
    carries = {"StringLike": {"iam:PermissionsBoundary": account.policy_arn(names.boundary("*"))}}
    reads = ["iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"]
    return document(
        allow("Cut", ["iam:DeleteRolePolicy", "iam:PutRolePolicy"], [role], carries),
        allow("SeeWhatIsInForce", reads, [role]),
        allow("SeeWhoIsStopped", ["iam:GetPolicy", "iam:GetPolicyVersion"], [account.policy_arn(ON_CALL_READS)]),
    )


def on_call_trust(principal_arns: Iterable[str]) -> Document:
    """Roles of this account, by their ARNs."""
    return document(
        {
            "Sid": "OnCall",
            "Effect": "Allow",
            "Principal": {"AWS": sorted(principal_arns)},
            "Action": "sts:AssumeRole",
        }
    )


def read_state(account: Account, stack: str) -> list[Document]:
    """A preview takes no lock, and reads one stack's state; of others it sees that they are there."""
    bucket = account.bucket_arn(names.state_bucket(account.id))
    return [
        allow("ReadState", ["s3:GetObject"], [f"{bucket}/.pulumi/meta.yaml", *_state(account, stack)]),
        allow("FindState", ["s3:ListBucket"], [bucket]),
    ]


def write_state(account: Account, stack: str) -> list[Document]:
    written = ["s3:PutObject", "s3:DeleteObject"]
    return [allow("WriteState", written, _state(account, stack)), *read_state(account, stack)]


def _state(account: Account, stack: str) -> list[str]:
    """Where Pulumi keeps a stack in a bucket (pulumi/pkg/backend/diy): its state, with what stood there before; each
    update; and who holds its lock. A stack's name has no dot, so `dev.*` is not `dev2.json`."""
    bucket = account.bucket_arn(names.state_bucket(account.id))
    kept = (f"stacks/{PROJECT}/{stack}.*", f"backups/{PROJECT}/{stack}/*", f"history/{PROJECT}/{stack}/*")
    return [f"{bucket}/.pulumi/{path}" for path in (*kept, f"locks/organization/{PROJECT}/{stack}/*")]


def _unnamed(account: Account, actions: Iterable[str]) -> Document:
    return _in_region("Unnamed", actions, account.region)


def _in_region(sid: str, actions: Iterable[str], region: str) -> Document:
    return allow(sid, list(actions), ["*"], {"StringEquals": {"aws:RequestedRegion": region}})


def packed(statements: Iterable[Document]) -> Iterator[Document]:
    """As few managed policies as hold them in order."""
    kept: list[Document] = []
    for statement in statements:
        if kept and characters(document(*kept, statement)) > MANAGED_CHARACTERS:
            yield document(*kept)
            kept = []
        kept.append(statement)
    if kept:
        yield document(*kept)


def workflow_trust(account: Account, repository: str, environment: str) -> Document:
    """A workflow of one repository in one of its environments (GitHub documentation, OpenID Connect in AWS).

    `repository`: `owner/name`. Every job that asks for a role runs in an environment, so its token's subject is this.
    """
    return document(
        {
            "Sid": "OneEnvironment",
            "Effect": "Allow",
            "Principal": {"Federated": account.iam(f"oidc-provider/{names.WORKFLOW_ISSUER}")},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {
                    f"{names.WORKFLOW_ISSUER}:aud": "sts.amazonaws.com",
                    f"{names.WORKFLOW_ISSUER}:sub": f"repo:{repository}:environment:{environment}",
                }
            },
        }
    )
