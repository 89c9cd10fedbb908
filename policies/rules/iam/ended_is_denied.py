"""Access that ends at a time is denied from then on by IAM itself, whoever runs nothing by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from policies.engine.cohorts import Cohort, cohorts, each_role_lacks
from policies.engine.iam import Statement, named_sessions
from policies.engine.resources import Stack
from policies.engine.rules import Finding, Severity, StackRule

TIME = ("DateGreaterThanEquals", "aws:currenttime")
NAMES = ("StringLike", "aws:userid")


def judge(stack: Stack) -> Iterator[Finding]:
    return each_role_lacks(stack, _mistakes)


def _mistakes(cohort: Cohort) -> Iterator[str]:
    denied = [found for statement in cohort.statements for found in _denied(statement)]
    if cohort.until and not any(at <= cohort.until and names is None for at, names in denied):
        yield f"access of all of it ends {cohort.until.isoformat()}, and nothing denies it from then on"
    for end in sorted(cohort.ends):
        ends = sum(count for at, count in cohort.ends.items() if at <= end)
        whole = any(at <= end and names is None for at, names in denied)
        found = {name for at, names in denied if at <= end for name in names or ()}
        if not whole and len(found) < ends:
            yield f"{ends} names of sessions end by {end.isoformat()}, and {len(found)} are denied from then on"


def _denied(statement: Statement) -> Iterator[tuple[datetime, frozenset[str] | None]]:
    """From when on a Deny of everything holds, and for which sessions; None for all. Nothing of any other statement, or
    of one that asks for more."""
    if not statement.denies_everything:
        return
    asked = {(one.operator, one.key): one.values for one in statement.conditions}
    if len(asked) != len(statement.conditions) or TIME not in asked or asked.keys() - {TIME, NAMES}:
        return
    at = _time(asked[TIME])
    if at:
        yield at, named_sessions(asked[NAMES]) if NAMES in asked else None


def _time(values: Sequence[str]) -> datetime | None:
    """One time with its zone. Of several, the Deny would hold from the first."""
    try:
        times = [datetime.fromisoformat(value) for value in values]
    except ValueError:
        return None
    return min(times) if times and all(time.tzinfo for time in times) else None


RULE = StackRule(
    name="ended-is-denied",
    severity=Severity.CRITICAL,
    description="From `until` on, when access ends, the sessions of that member or cohort are denied everything.",
    remediation="Leave `rollout.access.ends` in place; `rollout set-until` moves an end.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    applies=lambda stack: any(cohort.until or cohort.ends for cohort in cohorts(stack)),
    judge=judge,
)
