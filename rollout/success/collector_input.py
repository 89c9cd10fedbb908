"""What the collector of success metrics is told of a stack, and what it may do."""

from __future__ import annotations

import re
from typing import Any

from rollout import names
from rollout.access.documents import WRITE_LOG, Document, allow, document, write_own_log
from rollout.account import Account
from rollout.model.cohort import Member
from rollout.model.rollout import Rollout
from rollout.model.success import Github

# GitHub docs, "Username considerations for external authentication": anything else becomes a hyphen.
_NOT_IN_LOGINS = re.compile(r"[^a-z0-9-]+")


def delivery_settings(rollout: Rollout, github: Github) -> dict[str, Any]:
    """The collector's `settings.json`. Planned cohorts are in it too: they are what the others are compared with."""
    return {
        "cohorts": {
            name: {
                "logins": sorted({login(email, member, github) for email, member in cohort.members.items()}),
                "parameter": names.weeks_parameter(name),
            }
            for name, cohort in sorted(rollout.cohorts.items())
        },
        "organization": github.organization,
        "repositories": list(github.repositories),
        "bug_labels": list(github.bug_labels),
        "api_url": github.api_url,
        "table": names.DELIVERY,
        "secret": names.GITHUB_SECRET,
        "log_group": names.DELIVERY_LOG_GROUP,
        "log_stream": names.DELIVERY_LOG_STREAM,
    }


def login(email: str, member: Member, github: Github) -> str:
    """The member's own, or what GitHub makes of the part before the @."""
    if member.github:
        return member.github
    local = _NOT_IN_LOGINS.sub("-", email.partition("@")[0].lower()).strip("-")
    return f"{local}_{github.login_suffix}" if github.login_suffix else local


def delivery_policy(account: Account, rollout: Rollout, secret_arn: str) -> Document:
    """To read its token, to remember, to write what it found, and nothing else."""
    parameters = [account.parameter_arn(names.weeks_parameter(cohort)) for cohort in sorted(rollout.cohorts)]
    stream = f"{account.log_group_arn(names.DELIVERY_LOG_GROUP)}:log-stream:{names.DELIVERY_LOG_STREAM}"
    return document(
        allow("Token", ["secretsmanager:GetSecretValue"], [secret_arn]),
        allow("Shares", ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"], [account.table_arn(names.DELIVERY)]),
        *([allow("Weeks", ["ssm:GetParameter", "ssm:PutParameter"], parameters)] if parameters else []),
        allow("Figures", WRITE_LOG, [stream]),
        write_own_log(account, names.DELIVERY),
    )


def schedule_policy(account: Account) -> Document:
    """What EventBridge Scheduler may do in our name: call the collector."""
    return document(allow("Collect", ["lambda:InvokeFunction"], [account.function_arn(names.DELIVERY)]))
