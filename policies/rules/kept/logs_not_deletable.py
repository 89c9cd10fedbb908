"""Nobody here may delete a log, or let it expire sooner."""

from __future__ import annotations

from collections.abc import Iterator

from policies.engine.iam import POLICIES, Statement, each_allow, matches
from policies.engine.rules import ResourceRule, Severity
from policies.engine.workflows import of_program

# Deletions of log groups, streams, retention and protection; a shorter retention deletes at once.
ENDING = ("logs:delete", "logs:putretentionpolicy")


def judge(statement: Statement) -> Iterator[str]:
    ending = [a for a in statement.actions if "*" not in a and any(matches(a, prefix) for prefix in ENDING)]
    if ending:
        yield f"may delete logs: {', '.join(ending)}"


RULE = ResourceRule(
    name="logs-cannot-be-deleted",
    severity=Severity.HIGH,
    description="No role of this stack may delete logs, their retention or their protection.",
    remediation="Take the action out; retention is set by the stack file alone.",
    url="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/permissions-reference-cwl.html",
    types=POLICIES,
    applies=of_program,  # to a workflow `workflow-rights-are-ours` applies
    judge=lambda resource: each_allow(resource, judge),
)
