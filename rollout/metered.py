"""What the meter is told of a stack, and what it may do."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from rollout import names
from rollout.account import Account
from rollout.config import Model, Rollout
from rollout.documents import WRITE_LOG, Document, allow, document, write_own_log
from rollout.usage import KINDS


def meter_settings(rollout: Rollout, session_names: Mapping[str, str]) -> dict[str, Any]:
    """The meter's `settings.json`. `session_names`: by e-mail address, as Okta signs them, of all members.

    Cohorts that were retired are there too: records of theirs may still be under way.
    """
    return {
        "table": names.USAGE_TABLE,
        "usage_log_groups": {cohort: names.usage_log_group(cohort) for cohort in rollout.logged},
        "usage_log_stream": names.USAGE_LOG_STREAM,
        "tables": {
            "roles": {names.role(cohort): cohort for cohort in rollout.logged},
            "teams": _teams(rollout, session_names),
            "prices": {label: prices(model) for label, model in sorted(rollout.models.items())},
        },
    }


def _teams(rollout: Rollout, session_names: Mapping[str, str]) -> dict[str, str]:
    """By the session's name in lower case: Okta may write a login in capitals."""
    return {
        session_names.get(email, email).lower(): member.team
        for cohort in rollout.cohorts.values()
        for email, member in sorted(cohort.members.items())
    }


def prices(model: Model) -> dict[str, str]:
    """USD per million tokens of each kind, as text that loses no digit."""
    return {kind: format(Decimal(str(getattr(model, kind))), "f") for kind in KINDS}


def profile_item(cohort: str, label: str, arn: str) -> dict[str, Any]:
    """One item of the meter's table: whose an inference profile is. Records of its use may come after it is gone."""
    return {"id": {"S": f"profile#{arn}"}, "cohort": {"S": cohort}, "model": {"S": label}}


def meter_policy(account: Account, rollout: Rollout) -> Document:
    """To count, to write usage down, and to put aside what it does not know."""
    usage_logs = [
        f"{account.log_group_arn(names.usage_log_group(cohort))}:log-stream:{names.USAGE_LOG_STREAM}"
        for cohort in rollout.logged
    ]
    counting = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    return document(
        allow("Counters", counting, [account.table_arn(names.USAGE_TABLE)]),
        *([allow("UsageLogs", WRITE_LOG, usage_logs)] if usage_logs else []),
        allow("NotCounted", ["sqs:SendMessage"], [account.queue_arn(names.DEAD_RECORDS_QUEUE)]),
        write_own_log(account, names.METER),
    )
