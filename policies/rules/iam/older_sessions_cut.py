"""Sessions from before an incident stay dead, also after a resume; single members' by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from policies.engine.cohorts import Cohort, cohorts, each_role_lacks
from policies.engine.iam import Statement, named_sessions
from policies.engine.resources import Stack
from policies.engine.rules import Finding, Severity, StackRule


def judge(stack: Stack) -> Iterator[Finding]:
    return each_role_lacks(stack, _mistakes)


def _mistakes(cohort: Cohort) -> Iterator[str]:
    if cohort.valid_from and not any(_cuts(statement, cohort.valid_from) for statement in cohort.statements):
        yield f"sessions from before {cohort.valid_from.isoformat()} are not denied"
    values = {who for statement in cohort.statements for who in _only(statement, "StringLike", "aws:userid")}
    named = named_sessions(values)
    if len(named) < cohort.stopped_members:
        yield f"{cohort.stopped_members} members are suspended alone, and {len(named)} are denied"


def _only(statement: Statement, operator: str, key: str) -> Sequence[str]:
    """The values of a Deny of everything that has this condition and no other; none of any other statement."""
    if not statement.denies_everything or len(statement.conditions) != 1:
        return ()
    [condition] = statement.conditions
    return condition.values if (condition.operator, condition.key) == (operator, key) else ()


def _cuts(statement: Statement, valid_from: datetime) -> bool:
    times = _only(statement, "DateLessThan", "aws:tokenissuetime")
    return any(time >= valid_from.replace(microsecond=0) for text in times for time in _time(text))


def _time(text: str) -> Iterator[datetime]:
    """None where it is no time with a zone: nothing is cut by it."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return
    if found.tzinfo:
        yield found


RULE = StackRule(
    name="older-sessions-are-cut",
    severity=Severity.CRITICAL,
    description="After an incident, sessions from before it are denied everything; so is each member suspended alone.",
    remediation="Leave `rollout.access.denies` in place; a resume keeps the incident, or `sessions_valid_from`.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html",
    applies=lambda stack: any(cohort.valid_from or cohort.stopped_members for cohort in cohorts(stack)),
    judge=judge,
)
