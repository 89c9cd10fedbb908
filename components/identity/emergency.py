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
from rollout.model.rollout import Federation, Rollout


def cuts_in_iam(rollout: Rollout, account: Account, before: Record) -> dict[str, list[str]]:
    """Names of the emergency policies that IAM holds, by cohort; one call for each cohort that has a role, or had one
    when the last update ended. A role that is not there has none.

    An IAM that does not tell is a warning: while an incident is open nothing may stop access from being cut.
    """
    found: dict[str, list[str]] = {}
    had = (name for name, each in before.cohorts.items() if each.is_deployed and each.level.effects.role)
    for name in dict.fromkeys([*(name for name, each in rollout.declared.items() if each.level.effects.role), *had]):
        cuts = sorted(filter(names.is_cut_policy, _held(account, name, _by_permission_set(rollout, name, before))))
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


def _by_permission_set(rollout: Rollout, name: str, before: Record) -> bool:
    """Of a cohort that this file has no more, the record tells whether it was one of machines."""
    if name in rollout.cohorts:
        return rollout.by_permission_set(name)
    was_machines = any(each.identity for each in before.cohorts[name].people.values())
    return rollout.federation is Federation.IDENTITY_CENTER and not was_machines


def _held(account: Account, name: str, by_permission_set: bool) -> Sequence[str]:
    # The engine raises no narrower type for what a provider refuses, so nothing else is tried here.
    try:
        if by_permission_set:
            document = aws.iam.get_policy(arn=account.policy_arn(names.cut_managed_policy(name))).policy
        else:
            return aws.iam.get_role_policies(role_name=names.role(name)).policy_names
    except Exception as error:
        if "NoSuchEntity" not in str(error):
            said = " ".join(str(error).split())
            pulumi.log.warn(f"cohorts.{name}: not known whether `rollout cut` denies it anything: {said}")
        return ()
    return list(managed_cut.parts(json.loads(document)))
