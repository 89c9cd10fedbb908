"""A wildcard within an Allow's resource stands only where a name is not ours to choose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.judging.iam import POLICIES, Statement, each_allow
from policies.judging.rules import ResourceRule, Severity

# A model in whatever region a profile routes to, and log streams, whose names Lambda invents.
LEFT_OPEN = (
    re.compile(r"arn:[a-z-]+:bedrock:\*::foundation-model/[^*?]+"),
    re.compile(r"arn:[a-z-]+:logs:[a-z0-9-]+:\d{12}:log-group:[^*?:]+:log-stream:\*"),
)


def judge(statement: Statement) -> Iterator[str]:
    for resource in statement.resources:
        bare = resource == "*"  # `no-bare-wildcard` says so
        if not bare and re.search(r"[*?]", resource) and not any(p.fullmatch(resource) for p in LEFT_OPEN):
            yield f"an Allow of whatever matches {resource}"


RULE = ResourceRule(
    name="named-resources",
    severity=Severity.HIGH,
    description="An Allow names each resource in full; only model regions and a function's own log streams are open.",
    remediation="Compose the ARN from `rollout.names` and `rollout.account`.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    types=POLICIES,
    judge=lambda resource: each_allow(resource, judge),
)
