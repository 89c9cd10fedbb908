"""The table of AWS resource types; each module holds the entries of one service or subject."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.plugins.aws.client import Aws
from sandbox.plugins.aws.resources import (
    alarms,
    bedrock,
    dashboards,
    dynamodb,
    iam_policies,
    iam_providers,
    iam_role,
    lambda_functions,
    lambda_invocations,
    log_groups,
    scheduler,
    secrets,
    sns,
    sqs,
)
from sandbox.plugins.framework.entry import Entry

_MODULES = (
    *(bedrock, iam_providers, iam_role, iam_policies, log_groups),
    *(sns, alarms, dashboards, secrets),
    *(lambda_functions, lambda_invocations, sqs, dynamodb, scheduler),
)


def entries() -> Iterator[Entry[Aws]]:
    for module in _MODULES:
        yield from module.ENTRIES
