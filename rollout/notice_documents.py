"""IAM policy documents of the announcer, its reminders and the Slack channels, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rollout import names
from rollout.account import Account
from rollout.config import Adopt, Notify
from rollout.documents import Document
from rollout.notices import AUDIENCES


def service_trust_policy(account: Account, service: str) -> Document:
    """An AWS service, and only on behalf of this account (IAM user guide, the confused deputy)."""
    return _document(
        {
            "Sid": "ServiceOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account.id}},
        }
    )


def plain_trust_policy(service: str) -> Document:
    """A service that passes no source when it assumes a role: Lambda (developer guide, execution role), Amazon Q."""
    return _document(
        {"Sid": "Service", "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    )


def announcer_policy(account: Account, notify: Notify, adopt: Adopt, secret_arns: Sequence[str]) -> Document:
    """What it takes to send notices, and nothing that could change anybody's access.

    A function's log streams have names that Lambda invents: the one place where a name is left open.
    """
    table, queue = account.table_arn(names.NOTICES_TABLE), account.queue_arn(names.NOTICES_QUEUE)
    incidents = f"{account.log_group_arn(names.INCIDENT_LOG_GROUP)}:log-stream:{names.INCIDENT_LOG_STREAM}"
    own_log = f"{account.log_group_arn(names.function_log_group(names.ANNOUNCER))}:log-stream:*"
    write = ["logs:CreateLogStream", "logs:PutLogEvents"]
    statements: list[Document] = [
        _allow(
            "Queue",
            [
                "sqs:SendMessage",
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            ],
            [queue],
        ),
        _allow("WhatWasSaid", ["dynamodb:GetItem", "dynamodb:PutItem"], [table]),
        _allow("IncidentLog", write, [incidents]),
        _allow("OwnLog", write, [own_log]),
        _allow("Topics", ["sns:Publish"], [account.topic_arn(audience) for audience in AUDIENCES]),
        _allow(
            "GiveTheRemindersTheirRole",
            ["iam:PassRole"],
            [account.iam(f"role/{names.REVIEWS_ROLE}")],
            {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        ),
    ]
    if secret_arns:
        statements.append(_allow("Secrets", ["secretsmanager:GetSecretValue"], secret_arns))
    if notify.email_from:
        identity = account.identity_arn(adopt.email_identity or notify.email_from)
        sender = {"StringEquals": {"ses:FromAddress": notify.email_from}}
        statements.append(_allow("Email", ["ses:SendEmail"], [identity], sender))
    return _document(*statements)


def review_policy(account: Account, review: str) -> Document:
    """One reminder of one incident: the announcer may make it while the cohort is rolled back."""
    return _document(_allow("Remind", ["scheduler:CreateSchedule"], [account.schedule_arn(names.REVIEWS, review)]))


def reminder_policy(account: Account) -> Document:
    return _document(_allow("Announce", ["lambda:InvokeFunction"], [account.function_arn(names.ANNOUNCER)]))


def channel_guardrail() -> Document:
    """The most that anybody can do from a Slack channel: nothing. Notices come in, no command goes out."""
    return _document({"Sid": "NoticesOnly", "Effect": "Deny", "Action": "*", "Resource": "*"})


def _allow(
    sid: str, actions: Sequence[str], resources: Sequence[str], condition: Mapping[str, object] | None = None
) -> Document:
    statement: Document = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": dict(condition)} if condition else statement


def _document(*statements: Document) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}
