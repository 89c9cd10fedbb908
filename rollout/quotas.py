"""At `throttled`, who can be stopped for the rest of a day by which IAM policy, once their tokens are used up.

The policies are empty when they are made: whom they stop is written by the meter, which may do that and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rollout import names
from rollout.account import Account
from rollout.config import Cohort, Rollout
from rollout.levels import Level
from rollout.stops import name_chunks


def quota_shards(cohort: Cohort, session_names: Mapping[str, str]) -> list[list[str]]:
    """The session names that each policy has room for, all of them at once; none while nobody is throttled."""
    throttled = [email for email in sorted(cohort.members) if cohort.level_of(email) is Level.THROTTLED]
    return list(name_chunks(session_names[email] for email in throttled))


def quota_policies(rollout: Rollout, account: Account, session_names: Mapping[str, str]) -> dict[str, str]:
    """The policy's ARN by session name, in lower case, of everybody who is throttled."""
    return {
        session.lower(): account.policy_arn(policy)
        for name, cohort in rollout.declared.items()
        if cohort.level.effects.role
        for policy, sessions in quota_names(name, cohort, session_names)
        for session in sessions
    }


def quota_names(name: str, cohort: Cohort, session_names: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    for number, sessions in enumerate(quota_shards(cohort, session_names), 1):
        yield names.quota_policy(name, number), sessions
