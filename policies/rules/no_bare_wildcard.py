"""No Allow reaches everything, and none reaches a foundation model but through an inference profile."""

from __future__ import annotations

from collections.abc import Iterator

from policies.judging.iam import POLICIES, Statement, each_allow
from policies.judging.rules import ResourceRule, Severity
from policies.judging.workflows import of_program

THROUGH = "bedrock:InferenceProfileArn"


def judge(statement: Statement) -> Iterator[str]:
    if "*" in statement.resources or statement.excluding or not statement.resources:
        yield "an Allow of everything, or of everything but something"
    models = any(":foundation-model/" in resource for resource in statement.resources)
    # `Null` and the operators with `IfExists` hold where there is no profile at all.
    operator = statement.operators.get(THROUGH.lower(), "")
    if models and (operator not in {"ArnEquals", "ArnLike"} or "*" in statement.conditions[THROUGH.lower()]):
        yield f"foundation models without the condition {THROUGH}; deleting a profile would end nothing"


RULE = ResourceRule(
    name="no-bare-wildcard",
    severity=Severity.CRITICAL,
    description="An Allow names its resources, and models are reached only through inference profiles.",
    remediation="Name the resources; give foundation models the condition ArnEquals bedrock:InferenceProfileArn.",
    url="https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    types=POLICIES,
    applies=of_program,  # to a workflow `workflow-rights-are-ours` applies
    judge=lambda resource: each_allow(resource, judge),
)
