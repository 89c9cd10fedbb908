"""Nothing that a rollback removes is protected, or the rollback would stop at it."""

from __future__ import annotations

from collections.abc import Iterator

from policies.engine.resources import COHORT, Resource
from policies.engine.rules import Breach, Finding, ResourceRule, Severity


def judge(resource: Resource) -> Iterator[Finding]:
    if resource.protect:
        yield Breach("protected within a cohort: `rolled_back` and the break-glass would stop here")


RULE = ResourceRule(
    name="rollback-is-not-blocked",
    severity=Severity.HIGH,
    description="Nothing of a cohort is protected: it can be taken back at any time.",
    remediation="Take protect away; what must stay belongs beside the cohort, not under it.",
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/protect/",
    types=None,
    applies=lambda resource: COHORT in resource.ancestors or resource.type == COHORT,
    judge=judge,
)
