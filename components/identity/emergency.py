"""What `rollout cut` has put on the cohorts' roles: none of it is this program's, and it may not pretend otherwise."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from rollout import names
from rollout.access import managed_cut
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.model.rollout import Rollout


def cuts_in_iam(rollout: Rollout, account: Account, before: Record) -> dict[str, list[str]]:
    """Names of the emergency policies that IAM holds, by cohort; one call for each cohort that has a role, or had one
    when the last update ended. A role that is not there has none.

    An IAM that does not tell is a warning: while an incident is open nothing may stop access from being cut.
    """
    found: dict[str, list[str]] = {}
    had = (name for name, each in before.cohorts.items() if each.is_deployed and each.level.effects.role)
    for name in dict.fromkeys([*(name for name, each in rollout.declared.items() if each.level.effects.role), *had]):
        try:
            held = _held(rollout, account, name)
        except Exception as error:
            if "NoSuchEntity" not in str(error):
                said = " ".join(str(error).split())
                pulumi.log.warn(f"cohorts.{name}: not known whether `rollout cut` denies it anything: {said}")
            continue
        cuts = sorted(filter(names.is_cut_policy, held))
        if cuts:
            found[name] = cuts
    return found


def to_be_judged(cuts: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
    """But for those that `rollout set-level` looks at itself once its update is done: they are said here, and left
    out."""
    if not os.environ.get(names.LOOKED_AT):
        return cuts
    for name, held in cuts.items():
        pulumi.log.info(
            f"cohorts.{name}: IAM holds {', '.join(held)} of `rollout cut`; `rollout set-level` looks at it"
        )
    return {}


def _held(rollout: Rollout, account: Account, name: str) -> Sequence[str]:
    if not rollout.by_permission_set(name):
        return aws.iam.get_role_policies(role_name=names.role(name)).policy_names
    held = aws.iam.get_policy(arn=account.policy_arn(names.cut_managed_policy(name)))
    return list(managed_cut.parts(json.loads(held.policy)))
