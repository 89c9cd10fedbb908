"""Whoever can invoke is watched: throttling, and errors of either side."""

from __future__ import annotations

from collections.abc import Iterator

from policies.engine.cohorts import cohorts
from policies.engine.resources import Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from policies.rules.stack.alarms_reach_somebody import ALARM
from rollout.names import alarm

KINDS = ("throttled", "client-errors", "server-errors")


def judge(stack: Stack) -> Iterator[Finding]:
    for cohort in cohorts(stack):
        if not cohort.roles:
            continue
        there = {str(each.props.get("name")) for each in stack.under(cohort.component, ALARM)}
        missing = [kind for kind in KINDS if alarm(cohort.name, kind) not in there]
        if missing:
            yield Breach(f"has no alarm of {', '.join(missing)}", cohort.urn)


RULE = StackRule(
    name="each-cohort-has-alarms",
    severity=Severity.MEDIUM,
    description="Each cohort with a role has alarms on throttling and on errors of either side.",
    remediation="Leave them to `rollout.observability.cohort_alarms`.",
    url="https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring.html",
    applies=lambda stack: any(cohort.roles for cohort in cohorts(stack)),
    judge=judge,
)
