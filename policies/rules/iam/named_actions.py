"""An Allow says which actions, one by one."""

from __future__ import annotations

from collections.abc import Iterator

from policies.engine.iam import POLICIES, Statement, each_allow
from policies.engine.rules import ResourceRule, Severity


def judge(statement: Statement) -> Iterator[str]:
    wild = [action for action in statement.actions if "*" in action or "?" in action]
    if wild:
        yield f"an Allow of actions by wildcard: {', '.join(wild)}"


RULE = ResourceRule(
    name="named-actions",
    severity=Severity.HIGH,
    description="An Allow names each action: what AWS adds to a service later is not granted unseen.",
    remediation="Name the actions that the code calls.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    types=POLICIES,
    judge=lambda resource: each_allow(resource, judge),
)
