"""What counts usage: a function behind Bedrock's invocation log, its table, and a queue of what it does not know."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.audit_trail import AuditTrail
from components.functions.attached import attached_policies
from components.functions.audiences import Audiences
from components.functions.function import Function, FunctionArgs
from components.functions.table import items_by_id
from components.observability.denials import Denials, DenialsArgs
from rollout import names
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.model.rollout import Rollout
from rollout.usage.meter_input import cohort_item, counted_policies, meter_policy, meter_settings

FILES = (
    "functions/__init__.py",
    "functions/attempts.py",
    "functions/beside.py",
    "functions/budget_actions.py",
    "functions/canary.py",
    "functions/canary_decision.py",
    "functions/canary_lease.py",
    "functions/clients.py",
    "functions/counting/__init__.py",
    "functions/counting/counters.py",
    "functions/counting/shards.py",
    "functions/dead_records.py",
    "functions/log_lines.py",
    "functions/meter.py",
    "functions/own_usage.py",
    "functions/quota_policy.py",
    "functions/quota_writer.py",
    "functions/settings.py",
    "functions/usage_lines.py",
    "rollout/__init__.py",
    "rollout/access/__init__.py",
    "rollout/access/quota_document.py",
    "rollout/incidents/__init__.py",
    "rollout/incidents/cohort_state.py",
    "rollout/levels.py",
    "rollout/names.py",
    "rollout/usage/__init__.py",
    "rollout/usage/canary.py",
    "rollout/usage/denied_calls.py",
    "rollout/usage/own_usage.py",
    "rollout/usage/records.py",
    "rollout/usage/tokens.py",
    "rollout/usage/shards.py",
    "rollout/usage/thresholds.py",
)
UNCOUNTED_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class MeterArgs:
    account: Account
    rollout: Rollout
    trail: AuditTrail
    audiences: Audiences
    record: Record
    """It knows every name that people's sessions have."""
    stack: str


class Meter(pulumi.ComponentResource):
    """Shared by all cohorts, and on the server's side: no client can go past it."""

    table: pulumi.Input[str] = names.USAGE_TABLE
    """The table's name, where each cohort writes down whose its profiles are; it may be another stack's."""
    counting: Sequence[pulumi.Resource] = ()
    """The table and the function, where they are this stack's."""
    told: Mapping[str, Sequence[pulumi.Resource]]
    """By cohort: what another stack's meter has to know of it before anybody uses it."""
    ready: Sequence[pulumi.Resource] = ()

    def __init__(self, name: str, args: MeterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:Meter", name, {}, opts)
        self._tags = {"organization": args.rollout.organization.name}
        self._child = pulumi.ResourceOptions(parent=self)
        self.told = {}
        if args.rollout.adopt.meter:
            self.told = self._told(name, args)
        else:
            self._count(name, args)

    def _count(self, name: str, args: MeterArgs) -> None:
        # Who used what, and what is counted already: no rollback takes it.
        table = items_by_id(name, names.USAGE_TABLE, self._tags, opts=pulumi.ResourceOptions(parent=self, protect=True))
        self.table = table.name
        dead = self._uncounted(name)
        function = Function(
            f"{name}-function",
            FunctionArgs(
                name=names.METER,
                description="Counts what each request to Claude used",
                files=FILES,
                handler="functions.meter.handler",
                settings=meter_settings(args.rollout, args.account, args.record),
                policy=meter_policy(args.account, args.rollout, args.record),
                log_group=args.trail.function_log_groups[names.METER],
                environment={"DEAD_QUEUE_URL": dead.url},
                tags=self._tags,
            ),
            self._child,
        )
        failures = aws.lambda_.FunctionEventInvokeConfig(
            f"{name}-failures",
            function_name=names.METER,
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=6 * 3600,
            destination_config={"on_failure": {"destination": args.account.queue_arn(names.DEAD_RECORDS_QUEUE)}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*function.ready, dead]),
        )
        counting = [*function.ready, failures]
        self.counting = [table, *counting]
        self.ready = [*counting, self._subscription(name, args, counting)]
        reserved = args.rollout.identity_center is not None
        denials = DenialsArgs(account=args.account, after=counting, reserved=reserved, tags=self._tags)
        Denials(f"{name}-denials", denials, self._child)

    def _told(self, name: str, args: MeterArgs) -> dict[str, Sequence[pulumi.Resource]]:
        """Beside the cohorts, so that no rollback takes it: the last records come later."""
        documents = [
            (names.counted_policy(args.stack, number), document)
            for number, document in enumerate(counted_policies(args.account, args.rollout.logged), 1)
        ]
        what = f"What the meter may do for the cohorts of stack {args.stack}"
        rights = list(attached_policies(f"{name}-counted", names.METER, documents, what, self._tags, self))
        return {
            cohort: [
                aws.dynamodb.TableItem(
                    f"{name}-{cohort}-told",
                    table_name=self.table,
                    hash_key="id",
                    item=json.dumps(cohort_item(args.rollout, args.record, cohort), sort_keys=True),
                    opts=self._child,
                ),
                *rights,
            ]
            for cohort in args.rollout.logged
        }

    def _subscription(self, name: str, args: MeterArgs, after: Sequence[pulumi.Resource]) -> pulumi.Resource:
        """Every record, whatever its shape: the meter says which it does not know."""
        log_group = args.trail.invocation_log_group
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            statement_id="invocation-log",
            action="lambda:InvokeFunction",
            function=names.METER,
            principal="logs.amazonaws.com",
            source_account=args.account.id,
            source_arn=log_group.apply(lambda group: f"{args.account.log_group_arn(group)}:*"),
            opts=pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        return aws.cloudwatch.LogSubscriptionFilter(
            f"{name}-subscription",
            name=names.METER,
            log_group=log_group,
            filter_pattern="",
            destination_arn=args.account.function_arn(names.METER),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission]),
        )

    def _uncounted(self, name: str) -> aws.sqs.Queue:
        return aws.sqs.Queue(
            f"{name}-uncounted",
            name=names.DEAD_RECORDS_QUEUE,
            message_retention_seconds=UNCOUNTED_DAYS * 24 * 3600,
            sqs_managed_sse_enabled=True,
            tags=self._tags,
            opts=self._child,
        )
