"""IAM policy documents of the announcer, its reminders and the Slack channels, as plain data."""

from __future__ import annotations

from collections.abc import Sequence

from rollout import names
from rollout.access.documents import WRITE_LOG, Document, allow, document, write_own_log
from rollout.account import Account
from rollout.model.notify import Notify
from rollout.model.rollout import Adopt
from rollout.notices.level_changes import AUDIENCES


def service_trust_policy(account: Account, service: str) -> Document:
    """An AWS service, and only on behalf of this account (IAM user guide, the confused deputy)."""
    return document(
        {
            "Sid": "ServiceOfThisAccount",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:SourceAccount": account.id}},
        }
    )


def announcer_policy(account: Account, notify: Notify, adopt: Adopt, secret_arns: Sequence[str]) -> Document:
    """What it takes to send notices, and nothing that could change anybody's access."""
    table, queue = account.table_arn(names.NOTICES_TABLE), account.queue_arn(names.NOTICES_QUEUE)
    incidents = f"{account.log_group_arn(names.INCIDENT_LOG_GROUP)}:log-stream:{names.INCIDENT_LOG_STREAM}"
    statements: list[Document] = [
        allow(
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
        allow("WhatWasSaid", ["dynamodb:GetItem", "dynamodb:PutItem"], [table]),
        allow("IncidentLog", WRITE_LOG, [incidents]),
        write_own_log(account, names.ANNOUNCER),
        allow("Topics", ["sns:Publish"], [account.topic_arn(audience) for audience in AUDIENCES]),
        allow(
            "GiveTheRemindersTheirRole",
            ["iam:PassRole"],
            [account.iam(f"role/{names.REVIEWS_ROLE}")],
            {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        ),
    ]
    if secret_arns:
        statements.append(allow("Secrets", ["secretsmanager:GetSecretValue"], secret_arns))
    if notify.email_from:
        identity = account.identity_arn(adopt.email_identity or notify.email_from)
        sender = {"StringEquals": {"ses:FromAddress": notify.email_from}}
        statements.append(allow("Email", ["ses:SendEmail"], [identity], sender))
    return document(*statements)


def review_policy(account: Account, review: str) -> Document:
    """One reminder of one incident: the announcer may make it while the cohort is rolled back."""
    return document(allow("Remind", ["scheduler:CreateSchedule"], [account.schedule_arn(names.REVIEWS, review)]))


def reminder_policy(account: Account) -> Document:
    return document(allow("Announce", ["lambda:InvokeFunction"], [account.function_arn(names.ANNOUNCER)]))


def topic_policy(account: Account, audience: str) -> Document:
    """Alarms as before, and Cost Anomaly Detection (AWS Cost Management user guide, SNS topics for anomalies), each for
    this account alone. It takes the place of SNS's own policy; our functions publish by their roles."""
    ours = {"StringEquals": {"aws:SourceAccount": account.id}}
    services = {"Alarms": "cloudwatch.amazonaws.com", "CostAnomalies": "costalerts.amazonaws.com"}
    return document(
        *(
            {**allow(sid, ["sns:Publish"], [account.topic_arn(audience)], ours), "Principal": {"Service": service}}
            for sid, service in services.items()
        )
    )


def channel_guardrail() -> Document:
    """The most that anybody can do from a Slack channel: nothing. Notices come in, no command goes out."""
    return document({"Sid": "NoticesOnly", "Effect": "Deny", "Action": "*", "Resource": "*"})
