"""A throttled cohort invokes one model, a suspended one none: the allow itself shrinks."""

from __future__ import annotations

from collections.abc import Iterator

from policies.engine.cohorts import cohorts
from policies.engine.resources import Stack
from policies.engine.rules import Breach, Finding, Later, Severity, StackRule
from rollout.levels import Level

AT_MOST = {Level.THROTTLED: 1, Level.SUSPENDED: 0, Level.ROLLED_BACK: 0}


def judge(stack: Stack) -> Iterator[Finding]:
    for cohort in cohorts(stack):
        most = AT_MOST.get(cohort.level) if cohort.level else None
        if most is None:
            continue
        profiles = {
            resource
            for statement in cohort.granted
            if statement.allow and "bedrock:InvokeModel" in statement.actions
            for resource in statement.resources
            if ":application-inference-profile/" in resource
        }
        if len(profiles) > most:
            yield Breach(f"{cohort.level}, and may invoke {len(profiles)} profiles; at most {most}", cohort.urn)
        elif cohort.unknown:
            yield Later("policy", cohort.urn)


RULE = StackRule(
    name="throttled-to-one-model",
    severity=Severity.HIGH,
    description="A throttled cohort may invoke one model's profile; a suspended or rolled back one none.",
    remediation="Leave `Cohort.usable_models` to say what a level leaves.",
    url="https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html",
    applies=lambda stack: any(cohort.level in AT_MOST for cohort in cohorts(stack)),
    judge=judge,
)
