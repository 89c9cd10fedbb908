"""Every cohort that the stack file declares."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.cohort import Cohort, CohortArgs
from components.functions.enforcement_proof import EnforcementProof, EnforcementProofArgs
from components.functions.stop_review import StopReview, StopReviewArgs
from components.shared import Shared
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.incidents.quotas import quota_policies
from rollout.model.rollout import Rollout
from rollout.people.directory import Directory, user_ids
from rollout.update_order import Step


def declare_cohorts(
    rollout: Rollout,
    account: Account,
    shared: Shared,
    known: Directory | None,
    record: Record,
    recorded: pulumi.Resource,
    identity_groups: Mapping[str, str],
    opts: pulumi.ResourceOptions | None = None,
) -> Mapping[str, Cohort]:
    """`known`: Okta's people; None where Okta was silent. `record`: of cuts, as this update leaves it, kept in
    `recorded`. `identity_groups`: ids of groups in IAM Identity Center, by cohort. `opts`: of each component, as in
    `declare_shared`."""
    cohorts = {
        name: Cohort(
            name,
            CohortArgs(
                rollout=rollout,
                account=account,
                shared=shared,
                user_ids=user_ids(cohort.signed_in, known),
                umbrella_ids=user_ids(record.cohorts[name].umbrella, known),
                record=record,
                recorded=recorded,
                identity_group=identity_groups.get(name),
            ),
            opts,
        )
        for name, cohort in rollout.declared.items()
    }
    done = [resource for cohort in cohorts.values() for resource in cohort.steps.before(Step.STOP_REVIEW)]
    if not rollout.adopt.meter and quota_policies(record, account):
        args = StopReviewArgs(account=account, rollout=rollout, record=record, after=[*shared.meter.ready, *done])
        review = StopReview("stop-review", args, opts)
        after = [*args.after, review]
        EnforcementProof(
            "enforcement-proof",
            EnforcementProofArgs(account=account, rollout=rollout, audiences=shared.audiences, after=after),
            opts,
        )
    return cohorts
