"""What is of a cohort is under one, and has its role: else the rules on cohorts would find nothing to judge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies.engine.cohorts import Cohort, cohorts
from policies.engine.iam import NAMED_BOUNDARY, PERMISSION_SET
from policies.engine.resources import COHORT, Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from policies.rules.iam.trust_is_named import ACCESS
from rollout.names import role

# An announcement is there at every level, so a cohort under another type is seen after a rollback too.
PARTS: Final = (ACCESS, "claude:rollout:Membership", "claude:rollout:Announcement", "claude:rollout:MacSettings")


def judge(stack: Stack) -> Iterator[Finding]:
    found = cohorts(stack)
    held = {part.urn for cohort in found for part in stack.under(cohort.component, *PARTS)}
    for part in stack.of(*PARTS):
        if part.urn not in held:
            yield Breach(f"is under no {COHORT}, so nothing on cohorts is held against it", part.urn)
    for cohort in found:
        yield from (Breach(text, cohort.urn) for text in _mistakes(cohort))
        sets = [each for each in cohort.roles if each.type == PERMISSION_SET]
        if len(sets) != len(stack.under(cohort.component, NAMED_BOUNDARY)):
            yield Breach("its permission set has no boundary: a policy named later could grant anything", cohort.urn)


def _mistakes(cohort: Cohort) -> Iterator[str]:
    # A cohort without a level is `suspended-is-denied`'s to report.
    if cohort.level is not None and len(cohort.roles) != int(cohort.level.effects.role):
        yield f"{cohort.level}, and has {len(cohort.roles)} roles; {int(cohort.level.effects.role)} belongs to it"
    for each in cohort.roles:
        if each.props.get("name") != role(cohort.name):
            yield f"its role is called {each.props.get('name')}, not {role(cohort.name)}"


RULE = StackRule(
    name="cohorts-are-whole",
    severity=Severity.CRITICAL,
    description="Each part of a cohort is under a cohort, which has one role or permission set, by its name, at "
    "each level with a role.",
    remediation="Give the part its cohort as parent; change `claude:rollout:Cohort` here and in the component at once.",
    url="https://www.pulumi.com/docs/iac/concepts/resources/options/parent/",
    applies=lambda stack: bool(stack.of(COHORT, *PARTS)),
    judge=judge,
)
