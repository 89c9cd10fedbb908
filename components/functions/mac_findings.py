"""How a finding comes from a member's machine: a queue that members may send to, and a function that takes from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.audit_trail import AuditTrail
from components.functions.function import Function, FunctionArgs
from rollout import names
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.leaks.findings_queue import BATCH, CONCURRENCY, TIMEOUT_SECONDS, findings_policy, findings_settings
from rollout.leaks.mac_findings import MAX_MESSAGE_BYTES
from rollout.model.rollout import Rollout

FILES = (
    *("functions/__init__.py", "functions/attempts.py", "functions/clients.py"),
    *("functions/log_lines.py", "functions/mac_findings.py", "functions/settings.py"),
    *("rollout/__init__.py", "rollout/leaks/mac_findings.py", "rollout/names.py"),
)
KEPT_DAYS = 4


@dataclass(frozen=True, kw_only=True)
class MacFindingsArgs:
    account: Account
    rollout: Rollout
    trail: AuditTrail
    record: Record
    """It knows every name that people's sessions have."""
    after: Sequence[pulumi.Resource]
    """The meter, in whose table is counted how many each person sent."""


class MacFindings(pulumi.ComponentResource):
    """Members choose neither a metric nor a log's line: they send a message, and who they are SQS says."""

    def __init__(self, name: str, args: MacFindingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("claude:rollout:MacFindings", name, {}, opts)
        if not args.rollout.adopt.meter:
            self._take(name, args)

    def _take(self, name: str, args: MacFindingsArgs) -> None:
        tags = {"organization": args.rollout.organization.name}
        child = pulumi.ResourceOptions(parent=self)
        # No dead-letter queue: what is no finding is dropped, and what could not be written comes again.
        queue = aws.sqs.Queue(
            f"{name}-queue",
            name=names.MAC_FINDINGS,
            max_message_size=MAX_MESSAGE_BYTES,
            message_retention_seconds=KEPT_DAYS * 24 * 3600,
            # Six times the function's timeout (Lambda developer guide, SQS event source).
            visibility_timeout_seconds=6 * TIMEOUT_SECONDS,
            sqs_managed_sse_enabled=True,
            tags=tags,
            opts=child,
        )
        function = Function(
            f"{name}-function",
            FunctionArgs(
                name=names.MAC_FINDINGS,
                description="Writes down what commit guards found on members' machines",
                files=FILES,
                handler="functions.mac_findings.handler",
                settings=findings_settings(args.rollout, args.record),
                policy=findings_policy(args.account, args.rollout),
                log_group=args.trail.function_log_groups[names.MAC_FINDINGS],
                timeout_seconds=TIMEOUT_SECONDS,
                tags=tags,
            ),
            child,
        )
        aws.lambda_.EventSourceMapping(
            f"{name}-mapping",
            event_source_arn=args.account.queue_arn(names.MAC_FINDINGS),
            function_name=names.MAC_FINDINGS,
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximum_concurrency": CONCURRENCY},
            tags=tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[queue, *function.ready, *args.after]),
        )
