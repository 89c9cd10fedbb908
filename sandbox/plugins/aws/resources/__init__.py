"""The table of AWS resource types; each module holds the entries of one service or subject."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources import (
    alarms,
    anomalies,
    bedrock,
    bucket_settings,
    buckets,
    budgets,
    dashboards,
    data_exports,
    dynamodb,
    dynamodb_items,
    email_identities,
    events,
    iam_policies,
    iam_providers,
    iam_role,
    kms,
    log_filters,
    log_groups,
    log_streams,
    parameters,
    scheduler,
    schedules,
    secrets,
    slack_channels,
    sns,
    sqs,
)
from sandbox.plugins.aws.resources.lambdas import lambda_event_invoke, lambda_functions, lambda_invocations, lambda_urls
from sandbox.plugins.framework.entry import Entry

_MODULES = (
    *(bedrock, iam_providers, iam_role, iam_policies, log_groups, log_streams),
    *(lambda_functions, lambda_invocations, lambda_event_invoke, lambda_urls, sqs, dynamodb, dynamodb_items, scheduler),
    *(schedules, parameters),
    *(sns, alarms, dashboards, secrets, email_identities, slack_channels, log_filters, events, budgets),
    *(buckets, bucket_settings, data_exports, anomalies, kms),
)


def entries() -> Iterator[Entry[Aws]]:
    for module in _MODULES:
        yield from module.ENTRIES
