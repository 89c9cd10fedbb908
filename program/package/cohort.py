"""One cohort as a component. No postponed annotations here: the SDK's analyzer reads types, not texts."""

from typing import Any, NotRequired, TypedDict

import pulumi

from program.package.rollout import first, made_under
from program.traces import without_stack_traces
from rollout.incidents.component_outputs import COHORT_COMPONENT
from rollout.stack_file.lone_cohort import require_beside


class CohortArgs(TypedDict):
    folder: NotRequired[str]
    """Where the roster is that the stack file names; the folder of the program's Pulumi.yaml unless it is given."""


class Cohort(pulumi.ComponentResource):
    """One cohort beside a rollout that is up in the same account, in a stack of its own. The component has the cohort's
    name; the settings are the stack's under `claude-code-rollout:`, with this cohort alone and `adopt` for all that the
    rollout has already. One in a stack."""

    residual_access: pulumi.Output[dict[str, Any]] | None
    """By level of a rollback: for how long access outlives it at worst, in AWS, in Okta and on Macs."""
    cuts: pulumi.Output[dict[str, Any]] | None
    """The cohort's level where it is cut, and from when on sessions are valid."""
    role_arn: pulumi.Output[str] | None
    """Of the role that members sign in to; none where the cohort is rolled back."""
    profile_arns: pulumi.Output[dict[str, str]] | None
    """By model label, the inference profiles that the role may call."""

    @without_stack_traces()
    def __init__(self, name: str, args: CohortArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(COHORT_COMPONENT, name, {}, opts)
        declared, done = made_under(self, args.get("folder"), lambda rollout: require_beside(rollout, name))
        told = declared.outputs
        self.residual_access = first(told.get("residual_access"), done)
        self.cuts = first(told.get("cuts"), done)
        cohort = declared.cohorts.get(name)
        self.role_arn = first(cohort.role_arn if cohort else None, done)
        arns = pulumi.Output.from_input(dict(cohort.profile_arns)) if cohort else None
        # Something is always told, or nobody would wait for the verdict.
        self.profile_arns = first(arns, done) or done
