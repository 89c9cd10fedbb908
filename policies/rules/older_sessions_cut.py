"""Sessions from before an incident stay dead, also after a resume; single members' by their names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from policies.judging.cohorts import Cohort, cohorts
from policies.judging.iam import Statement
from policies.judging.resources import Stack
from policies.judging.rules import Breach, Finding, Later, Severity, StackRule


def judge(stack: Stack) -> Iterator[Finding]:
    for cohort in cohorts(stack):
        if not cohort.roles:
            continue
        wrong = list(_mistakes(cohort))
        if wrong and cohort.unknown:
            yield Later("policy", cohort.urn)
        else:
            yield from (Breach(text, cohort.urn) for text in wrong)


def _mistakes(cohort: Cohort) -> Iterator[str]:
    if cohort.valid_from and not any(_cuts(statement, cohort.valid_from) for statement in cohort.statements):
        yield f"sessions from before {cohort.valid_from.isoformat()} are not denied"
    named = {
        who
        for statement in cohort.statements
        if not statement.allow and "*" in statement.actions and set(statement.conditions) == {"aws:userid"}
        for who in statement.conditions["aws:userid"]
    }
    if len(named) < cohort.stopped_members:
        yield f"{cohort.stopped_members} members are suspended alone, and {len(named)} are denied"


def _cuts(statement: Statement, valid_from: datetime) -> bool:
    times = statement.conditions.get("aws:tokenissuetime", ())
    whole = not statement.allow and "*" in statement.actions and statement.resources == ("*",)
    alone = set(statement.conditions) == {"aws:tokenissuetime"}
    return whole and alone and any(datetime.fromisoformat(time) >= valid_from.replace(microsecond=0) for time in times)


RULE = StackRule(
    name="older-sessions-are-cut",
    severity=Severity.CRITICAL,
    description="After an incident, sessions from before it are denied everything; so is each member suspended alone.",
    remediation="Leave `rollout.stops` in place; a resume keeps the incident, or `sessions_valid_from`.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html",
    applies=lambda stack: any(cohort.valid_from or cohort.stopped_members for cohort in cohorts(stack)),
    judge=judge,
)
