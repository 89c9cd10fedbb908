"""A cohort's role has its own boundary: whatever is attached to it later, by the meter too, grants no more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from policies.engine.iam import NAMED_BOUNDARY, ROLE
from policies.engine.resources import UNKNOWN, Resource
from policies.engine.rules import Breach, Finding, Later, ResourceRule, Severity
from policies.rules.iam.trust_is_named import ACCESS
from rollout.names import COHORT, PREFIX, boundary

OURS = re.compile(rf"{PREFIX}-{COHORT.pattern}-boundary")


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.type == NAMED_BOUNDARY:
        yield from _of_permission_set(resource)
        return
    arn: Any = resource.props.get("permissionsBoundary")
    if not arn:
        yield Breach("no permissions boundary: a policy attached to it later could grant anything")
    elif arn is UNKNOWN:  # in a first preview
        yield Later("permissionsBoundary")
    elif not str(arn).endswith(f":policy/{boundary(_cohort(resource))}"):
        yield Breach(f"its permissions boundary is {arn}, not {boundary(_cohort(resource))}")


def _of_permission_set(resource: Resource) -> Iterator[Finding]:
    """By a policy's name, in whatever account the set is assigned. That each set has one, `cohorts-are-whole` says."""
    said: Any = resource.props.get("permissionsBoundary") or {}
    reference: Any = said.get("customerManagedPolicyReference") if said is not UNKNOWN else None
    name: Any = cast("dict[str, Any]", reference).get("name") if isinstance(reference, dict) else None
    if name is UNKNOWN:
        yield Later("permissionsBoundary")
    elif not OURS.fullmatch(str(name)):
        yield Breach(f"the permission set's boundary is {name}, and no cohort's own")


def _cohort(role: Resource) -> str:
    return str(role.props.get("name")).removeprefix(f"{PREFIX}-")


RULE = ResourceRule(
    name="cohort-role-has-a-boundary",
    severity=Severity.HIGH,
    description="Each cohort's role has the cohort's own permissions boundary.",
    remediation="Set permissions_boundary to the cohort's own (`rollout.access.documents.boundary`).",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html",
    types={ROLE, NAMED_BOUNDARY},
    applies=lambda resource: ACCESS in resource.ancestors,
    judge=judge,
)
