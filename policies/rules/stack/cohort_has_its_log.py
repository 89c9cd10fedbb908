"""A cohort without a log would be used unseen. Whether a log was deleted no policy sees: it is shown what there is, not
what there was; protection refuses it, and the review of a change shows deletions."""

from __future__ import annotations

from collections.abc import Iterator

from policies.engine.cohorts import cohorts
from policies.engine.resources import Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from policies.rules.kept.log_groups_protected import LOG_GROUP
from rollout.names import usage_log_group


def judge(stack: Stack) -> Iterator[Finding]:
    logs = {group.props.get("name") for group in stack.of(LOG_GROUP)}
    for cohort in cohorts(stack):
        if usage_log_group(cohort.name) not in logs:
            yield Breach(f"has no log group {usage_log_group(cohort.name)}", cohort.urn)


RULE = StackRule(
    name="each-cohort-has-its-log",
    severity=Severity.HIGH,
    description="Each cohort's usage has a log group of its own, also after a rollback.",
    remediation="Leave it in `components.audit_trail`; a cohort that is taken out goes to `logs.retired`.",
    url="https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html",
    applies=lambda stack: bool(cohorts(stack)),
    judge=judge,
)
