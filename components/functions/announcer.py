"""What tells people of a change of level: a function, its queue, and what it remembers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.audit_trail import AuditTrail
from components.functions.audiences import Audiences
from components.functions.function import RUNTIME
from components.functions.function_code import function_code
from components.functions.secret import keep_secret
from components.functions.table import items_by_id
from rollout import names
from rollout.access.documents import plain_trust_policy
from rollout.account import Account
from rollout.model.rollout import Rollout
from rollout.notices.announcer_input import announcer_settings
from rollout.notices.documents import announcer_policy, reminder_policy, service_trust_policy

FILES = (
    "functions/__init__.py",
    "functions/access_notices.py",
    "functions/announcer.py",
    "functions/clients.py",
    "functions/senders.py",
    "functions/settings.py",
    "rollout/__init__.py",
    "rollout/access/__init__.py",
    "rollout/access/quota_document.py",
    "rollout/incidents/__init__.py",
    "rollout/incidents/cohort_state.py",
    "rollout/levels.py",
    "rollout/model/__init__.py",
    "rollout/model/times.py",
    "rollout/names.py",
    "rollout/notices/__init__.py",
    "rollout/notices/access.py",
    "rollout/notices/access_ends.py",
    "rollout/notices/budgets.py",
    "rollout/notices/formats.py",
    "rollout/notices/level_changes.py",
    "rollout/usage/__init__.py",
    "rollout/usage/thresholds.py",
)
TIMEOUT_SECONDS = 60
# Six times the function's timeout (Lambda developer guide, SQS event source).
VISIBILITY_SECONDS = 6 * TIMEOUT_SECONDS
# With the announcer's own waits in between, the last try is about two minutes after the first.
TRIES = 7
UNDELIVERED_DAYS = 14
DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class AnnouncerArgs:
    account: Account
    rollout: Rollout
    stack: str
    trail: AuditTrail
    audiences: Audiences


class Announcer(pulumi.ComponentResource):
    """Shared by all cohorts: a function that takes a cohort's standing, and answers as soon as its queue has it."""

    ready: Sequence[pulumi.Resource] = ()
    """What must be there before anything is announced; nothing where another stack of the account has it."""

    def __init__(self, name: str, args: AnnouncerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Announcer", name, {}, opts)
        self._tags = {"organization": args.rollout.organization.name}
        self._child = pulumi.ResourceOptions(parent=self)
        if not args.rollout.adopt.announcer:
            self._announce(name, args)

    def _announce(self, name: str, args: AnnouncerArgs) -> None:
        queue = self._queues(name, args)
        table = items_by_id(name, names.NOTICES_TABLE, self._tags, self._child)
        self._identity(name, args)
        role = self._role(f"{name}-role", names.ANNOUNCER, "Tells people of a change of level of Claude Code")
        secrets = list(self._secrets(name, args))
        policy = self._policy(name, args, role, [container.arn for container, _ in secrets])
        function = aws.lambda_.Function(
            f"{name}-function",
            name=names.ANNOUNCER,
            description="Tells people of a change of level of Claude Code",
            role=role.arn,
            runtime=RUNTIME,
            architectures=["arm64"],
            handler="functions.announcer.handler",
            code=function_code(FILES, announcer_settings(args.rollout, args.account)),
            memory_size=256,
            timeout=TIMEOUT_SECONDS,
            environment={"variables": {"QUEUE_URL": queue.url}},
            logging_config={"log_format": "Text", "log_group": args.trail.function_log_groups[names.ANNOUNCER]},
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        mapping = aws.lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=args.account.queue_arn(names.NOTICES_QUEUE),
            function_name=function.name,
            batch_size=1,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": 5},
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy, queue]),
        )
        self.ready = [function, mapping, table, policy, self._reviews(name, args), *(version for _, version in secrets)]

    def _queues(self, name: str, args: AnnouncerArgs) -> aws.sqs.Queue:
        """Of notices, and of those that could not be delivered."""
        dead = aws.sqs.Queue(
            f"{name}-undelivered",
            name=names.DEAD_NOTICES_QUEUE,
            fifo_queue=True,
            message_retention_seconds=UNDELIVERED_DAYS * DAY_SECONDS,
            sqs_managed_sse_enabled=True,
            tags=self._tags,
            opts=self._child,
        )
        return aws.sqs.Queue(
            f"{name}-queue",
            name=names.NOTICES_QUEUE,
            fifo_queue=True,
            deduplication_scope="messageGroup",
            fifo_throughput_limit="perMessageGroupId",
            visibility_timeout_seconds=VISIBILITY_SECONDS,
            message_retention_seconds=4 * DAY_SECONDS,
            redrive_policy=pulumi.Output.json_dumps(
                {"deadLetterTargetArn": args.account.queue_arn(names.DEAD_NOTICES_QUEUE), "maxReceiveCount": TRIES}
            ),
            sqs_managed_sse_enabled=True,
            tags=self._tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[dead]),
        )

    def _identity(self, name: str, args: AnnouncerArgs) -> None:
        sender = args.rollout.notify.email_from
        if sender and not args.rollout.adopt.email_identity:
            aws.sesv2.EmailIdentity(f"{name}-sender", email_identity=sender, tags=self._tags, opts=self._child)

    def _policy(
        self, name: str, args: AnnouncerArgs, role: aws.iam.Role, secret_arns: Sequence[pulumi.Output[str]]
    ) -> aws.iam.RolePolicy:
        document = pulumi.Output.all(*secret_arns).apply(
            lambda arns: announcer_policy(args.account, args.rollout.notify, args.rollout.adopt, arns)
        )
        return self._inline(f"{name}-send", "send", role, document)

    def _secrets(self, name: str, args: AnnouncerArgs) -> Iterator[tuple[aws.secretsmanager.Secret, pulumi.Resource]]:
        wanted = {
            names.SLACK_SECRET: args.rollout.slack_bot_token,
            names.WEBHOOK_SECRET: args.rollout.webhook_signing_key,
        }
        for secret, value in wanted.items():
            if value:
                own = f"{name}-{secret.rpartition('/')[2]}"
                yield keep_secret(own, secret, value, args.stack, self._tags, self._child)

    def _reviews(self, name: str, args: AnnouncerArgs) -> pulumi.Resource:
        """Where reminders of post-incident reviews are kept, and what they may do: call the announcer."""
        trust = service_trust_policy(args.account, "scheduler.amazonaws.com")
        role = self._role(f"{name}-reviews-role", names.REVIEWS_ROLE, "Reminds of post-incident reviews", trust)
        self._inline(f"{name}-remind", "remind", role, pulumi.Output.from_input(reminder_policy(args.account)))
        return aws.scheduler.ScheduleGroup(f"{name}-reviews", name=names.REVIEWS, tags=self._tags, opts=self._child)

    def _role(self, name: str, role: str, description: str, trust: Mapping[str, object] | None = None) -> aws.iam.Role:
        return aws.iam.Role(
            name,
            name=role,
            description=description,
            assume_role_policy=pulumi.Output.json_dumps(trust or plain_trust_policy("lambda.amazonaws.com")),
            tags=self._tags,
            opts=self._child,
        )

    def _inline(
        self, name: str, policy: str, role: aws.iam.Role, document: pulumi.Input[Mapping[str, object]]
    ) -> aws.iam.RolePolicy:
        return aws.iam.RolePolicy(
            name, name=policy, role=role.name, policy=pulumi.Output.json_dumps(document), opts=self._child
        )
