"""Logs are kept for as long as the stack file says, and a year where something was stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.engine.cohorts import cohorts
from policies.engine.resources import Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from policies.rules.kept.log_groups_protected import LOG_GROUP
from rollout.levels import LEVELS, Level
from rollout.names import INCIDENT_LOG_GROUP, usage_log_group

TRAIL: Final = "claude:rollout:AuditTrail"
YEAR = LEVELS[Level.ROLLED_BACK].kept_days


def judge(stack: Stack) -> Iterator[Finding]:
    least: list[Any] = [trail.props.get("least_days") for trail in stack.of(TRAIL)]
    minimum = max((days for days in least if isinstance(days, int | float)), default=None)
    if minimum is None:
        yield Breach("the audit trail does not say how long logs are kept", stack.of(TRAIL)[0].urn)
        return
    stopped = [cohort for cohort in cohorts(stack) if cohort.level is Level.ROLLED_BACK or cohort.resumed]
    year = {INCIDENT_LOG_GROUP, *(usage_log_group(cohort.name) for cohort in stopped)}
    for group in stack.of(LOG_GROUP):
        wanted = max(minimum, YEAR if group.props.get("name") in year else 0)
        days: Any = group.props.get("retentionInDays") or 0
        # None, or 0, is for ever.
        if not isinstance(days, int | float) or 0 < days < wanted:
            yield Breach(f"keeps events for {days} days; at least {wanted:g}", group.urn)


RULE = StackRule(
    name="logs-are-kept",
    severity=Severity.HIGH,
    description="Each log is kept for `logs.retention_days`; incidents, and what was rolled back or resumed, a year.",
    remediation="Leave retention to `Rollout.retention_days`; a shorter one deletes at once.",
    url="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
    applies=lambda stack: bool(stack.of(TRAIL)),
    judge=judge,
)
