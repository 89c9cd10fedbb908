"""A wildcard within an Allow's resource stands only where a name is not ours to choose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policies.engine.iam import MANAGED_POLICY, POLICIES, Statement, each_allow
from policies.engine.resources import Resource
from policies.engine.rules import Finding, ResourceRule, Severity
from policies.engine.workflows import of_program
from rollout.names import RESERVED_ROLE, role

# A model in whatever region a profile routes to; log streams, whose names Lambda invents; and roles that IAM Identity
# Center makes and numbers, of one cohort.
LEFT_OPEN = (
    re.compile(r"arn:[a-z-]+:bedrock:\*::foundation-model/[^*?]+"),
    re.compile(r"arn:[a-z-]+:logs:[a-z0-9-]+:\d{12}:log-group:[^*?:]+:log-stream:\*"),
    re.compile(
        rf"arn:[a-z-]+:iam::\d{{12}}:role/aws-reserved/sso\.amazonaws\.com/\*{RESERVED_ROLE}{role('')}[a-z0-9]+_\*"
    ),
)
# A boundary grants nothing: which global model it is, its ARN in a region says, which must be allowed beside this one.
GLOBAL_MODELS = re.compile(r"arn:[a-z-]+:bedrock:::foundation-model/[a-z0-9]+\.\*")


def judge(resource: Resource) -> Iterator[Finding]:
    bounds = resource.type == MANAGED_POLICY and str(resource.props.get("name")).endswith("-boundary")
    open_here = (*LEFT_OPEN, GLOBAL_MODELS) if bounds else LEFT_OPEN

    def wide(statement: Statement) -> Iterator[str]:
        for named in statement.resources:
            bare = named == "*"  # `no-bare-wildcard` says so
            if not bare and re.search(r"[*?]", named) and not any(p.fullmatch(named) for p in open_here):
                yield f"an Allow of whatever matches {named}"

    yield from each_allow(resource, wide)


RULE = ResourceRule(
    name="named-resources",
    severity=Severity.HIGH,
    description="An Allow names each resource in full; only model regions, a function's own log streams and the "
    "number that Identity Center gives a cohort's role are open.",
    remediation="Compose the ARN from `rollout.names` and `rollout.account`.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    types=POLICIES,
    applies=of_program,  # to a workflow `workflow-rights-are-ours` applies
    judge=judge,
)
