"""The table of AWS resource types; each module holds the entries of one service or subject."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources import (
    anomalies,
    bedrock,
    budgets,
    container_services,
    containers,
    data_exports,
    dynamodb,
    dynamodb_items,
    iam_policies,
    iam_providers,
    iam_role,
    identity_assignments,
    identity_center,
    kms,
    listeners,
    load_balancers,
    parameters,
    secrets,
    security_groups,
)
from sandbox.plugins.aws.resources.cloudwatch import composite_alarms, dashboards, metric_alarms
from sandbox.plugins.aws.resources.events import event_rules, event_targets, scheduler, schedules
from sandbox.plugins.aws.resources.lambdas import (
    lambda_event_invoke,
    lambda_functions,
    lambda_invocations,
    lambda_mappings,
    lambda_permissions,
    lambda_urls,
)
from sandbox.plugins.aws.resources.logs import log_groups, log_policies, log_streams, log_subscriptions, metric_filters
from sandbox.plugins.aws.resources.messages import email_identities, slack_channels, sns_subscriptions, sns_topics, sqs
from sandbox.plugins.aws.resources.s3 import bucket_access, bucket_objects, buckets
from sandbox.plugins.framework.entry import Entry

_MODULES = (
    *(bedrock, iam_providers, iam_role, iam_policies, log_groups, log_streams),
    *(lambda_functions, lambda_invocations, lambda_mappings, lambda_permissions, lambda_event_invoke, lambda_urls),
    *(dynamodb, dynamodb_items, scheduler, schedules, parameters, secrets),
    *(sns_topics, sns_subscriptions, sqs, email_identities, slack_channels),
    *(metric_alarms, composite_alarms, dashboards, metric_filters, log_subscriptions, log_policies),
    *(event_rules, event_targets, budgets, buckets, bucket_access, bucket_objects, data_exports, anomalies, kms),
    *(identity_center, identity_assignments),
    *(security_groups, load_balancers, listeners, containers, container_services),
)


def entries() -> Iterator[Entry[Aws]]:
    for module in _MODULES:
        yield from module.ENTRIES
