"""The composition root: read a stack file, declare what it says, tell what came of it."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pulumi

from components import outputs
from components.cohort import Cohort
from components.cohorts import declare_cohorts
from components.gates import judge_gates
from components.identity.cut_record import keep
from components.identity.emergency import cuts_in_iam, to_be_judged
from components.identity.identity_groups import identity_groups
from components.identity.people import current_account, people
from components.postconditions import (
    doubt_budgets,
    effects,
    judge_cuts,
    judge_people,
    okta_is_silent,
    refuse_stale,
    warn_of_update,
)
from components.shared import declare_shared
from rollout.incidents.cut_record import Record
from rollout.incidents.cuts import recorded_with
from rollout.model.errors import StackFileError
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load


@dataclass(frozen=True, kw_only=True)
class Declared:
    """`outputs`, `cohorts`: by name. `mistakes`: why the update must fail, complete once `judged` is known.
    `is_partial`: Okta did not answer, so that only AWS is changed and nothing must be deleted."""

    outputs: Mapping[str, pulumi.Input[Any]]
    cohorts: Mapping[str, Cohort]
    mistakes: Sequence[str]
    judged: pulumi.Output[Any]
    is_partial: bool


def declare_rollout(
    config: Mapping[str, Any],
    encrypted: Collection[str],
    folder: Path,
    recorded_before: Callable[[], Record],
    opts: pulumi.ResourceOptions | None = None,
    require: Callable[[Rollout], None] | None = None,
) -> Declared:
    """`config`, `encrypted`: of the stack, by full key. `folder`: where rosters are. `recorded_before`: what the last
    update left on record of cuts. `opts`: their parent, where the whole is a component. `require`: raises
    StackFileError where the file will not do. `pulumi.RunError` has all mistakes, for a person to read, before anything
    is declared."""
    try:
        rollout = load(config, folder, now := datetime.now(UTC), encrypted)
        if require:
            require(rollout)
    except StackFileError as error:
        raise pulumi.RunError(str(error)) from None

    before = recorded_before()
    refuse_stale(before, rollout)
    account = current_account()
    known = people(rollout, config.get("okta:httpProxy") or os.environ.get("OKTA_HTTP_PROXY", ""))
    judge_people(rollout, known)
    doubt_budgets(rollout)
    passed = judge_gates(rollout)
    cuts = cuts_in_iam(rollout, account, before)
    record, moved = recorded_with(cuts, before, rollout, known, now)
    warn_of_update(before, rollout, record)
    behind = judge_cuts(rollout, to_be_judged(cuts), record, moved)
    groups = identity_groups(rollout, account)

    recorded = keep(record, opts)
    shared = declare_shared(rollout, account, pulumi.get_stack(), known is not None, record, passed, opts)
    cohorts = declare_cohorts(rollout, account, shared, known, record, recorded, groups, opts)
    if not shared.federation:
        lines, at_once = okta_is_silent(rollout, behind), pulumi.Output.from_input(None)
        return Declared(outputs={}, cohorts=cohorts, mistakes=lines, judged=at_once, is_partial=True)
    mistakes, judged = effects(rollout, shared.federation, cohorts, behind)
    told = outputs.told(rollout, record, shared.federation, shared)
    return Declared(outputs=told, cohorts=cohorts, mistakes=mistakes, judged=judged, is_partial=False)
