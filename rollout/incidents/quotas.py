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


def never_stopped(rollout: Rollout, record: Record) -> Iterator[str]:
    """What an update must end with: whom the meter is to stop and cannot, since some name of theirs is in none of the
    policies that a role of IAM Identity Center's has for it. How many names there are, Okta alone knows."""
    for name in rollout.declared:
        if not rollout.by_permission_set(name) or rollout.adopt.meter:
            continue
        shards, holders = record.cohorts[name].quota_shards, rollout.cohorts[name].holders
        held = {session for shard in shards for session in shard}
        every = {email: set(filter(names.SESSION.fullmatch, record.names(email))) for email in holders}
        free = [email for email in to_be_stopped(rollout, name) if every[email] - held]
        if free:
            yield (
                f"cohorts.{name}: {len(free)} of {len(every)} members are stopped by no quota and no stop in dollars, "
                f"{free[0]} the first: their {sum(map(len, every.values()))} names take more than the "
                f"{len(shards)} IAM policies that a permission set has for it; split the cohort"
            )


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
