"""From `suspended` on, Bedrock is denied to the cohort's role: leaving a group ends no session."""

from __future__ import annotations

from collections.abc import Iterator

from policies.engine.cohorts import Cohort, cohorts
from policies.engine.resources import Stack
from policies.engine.rules import Breach, Finding, Later, Severity, StackRule
from rollout.access.quota_document import DENIED


def judge(stack: Stack) -> Iterator[Finding]:
    for cohort in cohorts(stack):
        if cohort.level is None:
            yield Breach("says no level, so nothing can be held against it", cohort.urn)
        elif cohort.roles and cohort.level.is_cut:
            yield from _denied(cohort)


def _denied(cohort: Cohort) -> Iterator[Finding]:
    whole = [
        statement
        for statement in cohort.statements
        if not statement.allow
        and not statement.conditions
        and not statement.excluding
        and statement.resources == ("*",)
        and ("*" in statement.actions or set(DENIED) <= set(statement.actions))
    ]
    if not whole:
        lacking = Later("policy", cohort.urn) if cohort.unknown else None
        yield lacking or Breach(f"{cohort.level}, and no Deny of {', '.join(DENIED)} for its role", cohort.urn)


RULE = StackRule(
    name="suspended-is-denied",
    severity=Severity.CRITICAL,
    description="A suspended cohort's role is denied all of Bedrock, without a condition.",
    remediation="Leave `rollout.access.denies.cohort_stop` in place.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html",
    applies=lambda stack: bool(cohorts(stack)),
    judge=judge,
)
