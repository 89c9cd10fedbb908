"""Advice on a cohort's people, from the counts that its component writes down."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from policies.engine.cohorts import cohorts
from policies.engine.resources import Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from rollout.people.composition import ADVICE, Composition

PLAN: Final = "https://docs.claude.com/en/docs/claude-code/overview"


def roster_rule(*, name: str, description: str, remediation: str) -> StackRule:
    return StackRule(
        name=name,
        severity=Severity.LOW,
        mandatory=False,
        description=description,
        remediation=remediation,
        url=PLAN,
        applies=lambda stack: any(cohort.roster for cohort in cohorts(stack)),
        judge=partial(_judge, name),
    )


def _judge(name: str, stack: Stack) -> Iterator[Finding]:
    for cohort in cohorts(stack):
        if cohort.roster:
            for text in ADVICE[name](Composition.read(cohort.roster)):
                yield Breach(text, cohort.urn)
