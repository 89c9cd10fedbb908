"""No Allow reaches everything, and none reaches a foundation model but through an inference profile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from policies.engine.iam import MANAGED_POLICY, POLICIES, Statement, bound, each_allow
from policies.engine.resources import Resource
from policies.engine.rules import Finding, ResourceRule, Severity
from policies.engine.workflows import of_program

THROUGH = "bedrock:InferenceProfileArn"
PROFILE = re.compile(r"arn:[a-z-]+:bedrock:[a-z0-9-]+:\d{12}:application-inference-profile/[A-Za-z0-9-]+")
# A boundary grants nothing, and `own-policies-only` has it attached nowhere (`rollout.access.documents.boundary`).
OF_A_BOUNDARY = re.compile(PROFILE.pattern + r"|arn:[a-z-]+:bedrock:[a-z0-9-]+:\d{12}:application-inference-profile/\*")


def judge(resource: Resource) -> Iterator[Finding]:
    bounds = resource.type == MANAGED_POLICY and str(resource.props.get("name")).endswith("-boundary")
    yield from each_allow(resource, partial(_judge, OF_A_BOUNDARY if bounds else PROFILE))


def _judge(profile: re.Pattern[str], statement: Statement) -> Iterator[str]:
    if _is_login(statement):
        return
    if "*" in statement.resources or statement.excluding or not statement.resources:
        yield "an Allow of everything, or of everything but something"
    if any(":inference-profile/" in resource for resource in statement.resources):
        yield "an inference profile that is not ours: nobody can delete it, and its use is nobody's"
    models = any(":foundation-model/" in resource for resource in statement.resources)
    if models and not bound(statement, THROUGH, {"ArnEquals", "ArnLike"}, lambda arn: bool(profile.fullmatch(arn))):
        yield f"foundation models without the condition {THROUGH}; deleting a profile would end nothing"


def _is_login(statement: Statement) -> bool:
    """Of ECR: IAM knows no resource of it (Service Authorization Reference), and by itself it opens no repository."""
    regional = bound(statement, "aws:RequestedRegion", {"StringEquals"}, lambda region: "*" not in region)
    return statement.actions == ("ecr:GetAuthorizationToken",) and not statement.excluding and regional


RULE = ResourceRule(
    name="no-bare-wildcard",
    severity=Severity.CRITICAL,
    description="An Allow names its resources, and models are reached only through inference profiles.",
    remediation="Name the resources; give foundation models the condition ArnEquals bedrock:InferenceProfileArn.",
    url="https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    types=POLICIES,
    applies=of_program,  # to a workflow `workflow-rights-are-ours` applies
    judge=judge,
)
