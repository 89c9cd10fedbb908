"""At `throttled`, who can be stopped for the rest of a day by which IAM policy, once their tokens are used up.

The policies are empty when they are made: whom they stop is written by the meter, which may do that and nothing else.
"""

from __future__ import annotations

from rollout import names
from rollout.account import Account
from rollout.cut_record import Record


def quota_policies(record: Record, account: Account) -> dict[str, str]:
    """The policy's ARN by session name, in lower case, of everybody who is throttled: every name they were known by."""
    return {
        session.lower(): account.policy_arn(names.quota_policy(name, number))
        for name, cohort in record.cohorts.items()
        if cohort.is_deployed
        for number, sessions in enumerate(cohort.quota_shards, 1)
        for session in sessions
    }
