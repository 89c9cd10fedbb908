"""A cohort's role has a boundary: whatever is attached to it later, by the meter too, grants no more."""

from __future__ import annotations

from collections.abc import Iterator

from policies.judging.iam import ROLE
from policies.judging.resources import Resource
from policies.judging.rules import Breach, Finding, ResourceRule, Severity
from policies.rules.trust_is_named import ACCESS


def judge(resource: Resource) -> Iterator[Finding]:
    # Unknown in a first preview, and still there: what matters is that one is set.
    if not resource.props.get("permissionsBoundary"):
        yield Breach("no permissions boundary: a policy attached to it later could grant anything")


RULE = ResourceRule(
    name="cohort-role-has-a-boundary",
    severity=Severity.HIGH,
    description="Each cohort's role has a permissions boundary.",
    remediation="Set permissions_boundary to the cohort's own (`rollout.documents.boundary`).",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
    types={ROLE},
    applies=lambda resource: ACCESS in resource.ancestors,
    judge=judge,
)
