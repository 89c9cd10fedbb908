"""Who can be stopped, until their day or month ends, by which IAM policy: once their tokens or dollars are used up.

The policies are empty when they are made: whom they stop is written by the meter, which may do that and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rollout import names
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.levels import Level
from rollout.model.rollout import Rollout


def quota_policies(record: Record, account: Account) -> dict[str, Sequence[str]]:
    """By the policy's ARN, every name by which the sessions of those whom it can stop were known."""
    return {
        account.policy_arn(names.quota_policy(name, number)): sessions
        for name, cohort in record.cohorts.items()
        if cohort.is_deployed
        for number, sessions in enumerate(cohort.quota_shards, 1)
        if sessions
    }


def to_be_stopped(rollout: Rollout, name: str) -> Iterator[str]:
    """The members of a cohort, by e-mail address, or its machines, by name, whom something may stop: with a stop in
    dollars whoever can call at all, without one whoever is throttled."""
    cohort = rollout.cohorts[name]
    for email in sorted(cohort.holders):
        level = cohort.level_of(email)
        if level is Level.THROTTLED or (rollout.budgets.stops and level.effects.models != "none"):
            yield email


def stops_somebody(rollout: Rollout) -> bool:
    """Whether there is anybody whom something may stop; else nothing is there to be proven."""
    return any(True for name in rollout.declared for _ in to_be_stopped(rollout, name))


def throttled_sessions(rollout: Rollout, record: Record) -> list[str]:
    """In lower case, of whom the day's tokens stop."""
    return [
        session.lower()
        for cohort in rollout.declared.values()
        for email in sorted(cohort.holders)
        if cohort.level_of(email) is Level.THROTTLED
        for session in record.names(email)
    ]


def raises(rollout: Rollout, record: Record) -> Mapping[str, tuple[str, Mapping[str, float]]]:
    """By session in lower case: until when, RFC 3339, and USD by kind of counter."""
    found: dict[str, tuple[str, Mapping[str, float]]] = {}
    for email, raised in sorted(rollout.budgets.raises.items()):
        kinds = {"user-day": raised.user_daily_stop_usd, "user-month": raised.user_monthly_stop_usd}
        stops = {kind: usd for kind, usd in kinds.items() if usd is not None}
        found |= {session.lower(): (raised.until.isoformat(), stops) for session in record.names(email)}
    return found
