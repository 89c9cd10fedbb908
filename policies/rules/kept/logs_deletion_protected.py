"""CloudWatch itself refuses to delete a log, whoever asks: the program's own protection binds the program alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.engine.cohorts import cohorts
from policies.engine.resources import UNKNOWN, Stack
from policies.engine.rules import Breach, Finding, Later, Severity, StackRule
from policies.rules.kept.log_groups_protected import LOG_GROUP
from rollout.names import usage_log_group_of


def judge(stack: Stack) -> Iterator[Finding]:
    here = {cohort.name for cohort in cohorts(stack)}
    for group in stack.of(LOG_GROUP):
        kept: Any = group.props.get("deletionProtectionEnabled")
        cohort = usage_log_group_of(str(group.props.get("name")))
        if kept is UNKNOWN:
            yield Later("its deletion protection", group.urn)
        elif not kept and (cohort is None or cohort in here):
            yield Breach("CloudWatch would let it be deleted", group.urn)


RULE = StackRule(
    name="logs-have-deletion-protection",
    severity=Severity.HIGH,
    description="CloudWatch refuses to delete a log group, unless its cohort was taken out and its logs are retired.",
    remediation="Make it in `components.audit_trail`; `logs.retired` lifts it for a cohort that was taken out.",
    url="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html",
    applies=lambda stack: bool(stack.of(LOG_GROUP)),
    judge=judge,
)
