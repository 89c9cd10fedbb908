"""Nothing that opens AWS for longer than a session."""

from __future__ import annotations

from collections.abc import Iterator

from policies.engine.resources import Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity

KINDS = {
    "aws:iam/accessKey:AccessKey",
    "aws:iam/user:User",
    "aws:iam/userLoginProfile:UserLoginProfile",
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
}


def judge(resource: Resource) -> Iterator[Finding]:
    kind = resource.type.rpartition(":")[2]
    yield Breach(f"{kind}: outlives every suspension; people sign in by way of Okta, code has a role")


RULE = ResourceRule(
    name="no-lasting-keys",
    severity=Severity.CRITICAL,
    description="There are no IAM users, access keys and Bedrock API keys.",
    remediation="Give people a cohort, and code a role.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles",
    types=KINDS,
    judge=judge,
)
