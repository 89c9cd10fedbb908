"""The way of findings from members' machines: what its function is told and may do, and where it takes them from."""

from __future__ import annotations

from typing import Any

from rollout import names
from rollout.access.documents import WRITE_LOG, Document, allow, document, write_own_log
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.model.rollout import Rollout

TIMEOUT_SECONDS = 30
# What a member can make us pay is bounded: so many at once, whatever is sent (two is Lambda's least).
CONCURRENCY = 2
BATCH = 10
TAKE = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]


def findings_settings(rollout: Rollout, record: Record) -> dict[str, Any]:
    """The function's `settings.json`. `record`: it knows every name that people's sessions have."""
    return {
        "table": names.USAGE_TABLE,
        "log_group": names.FINDINGS_LOG_GROUP,
        "people": {
            session.lower(): name
            for name, cohort in rollout.cohorts.items()
            for email in sorted(cohort.holders)
            for session in record.names(email)
        },
    }


def findings_policy(account: Account, rollout: Rollout) -> Document:
    """Take messages, count how many each person sent, write a stream per cohort."""
    streams = [account.log_stream_arn(names.FINDINGS_LOG_GROUP, names.guard_stream(name)) for name in rollout.logged]
    own = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["findings-day#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    return document(
        allow("Queue", TAKE, [account.queue_arn(names.MAC_FINDINGS)]),
        allow("HowMany", ["dynamodb:UpdateItem"], [account.table_arn(names.USAGE_TABLE)], own),
        *([allow("Findings", WRITE_LOG, streams)] if streams else []),
        write_own_log(account, names.MAC_FINDINGS),
    )
