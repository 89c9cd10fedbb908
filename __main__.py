"""The composition root: read the stack file, declare what it says, export what people need."""

from datetime import UTC, datetime
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret

from components import outputs
from components.cohort import Cohort, CohortArgs
from components.emergency import cuts_in_iam
from components.gates import judge_gates
from components.people import current_account, people
from components.shared import declare_shared
from components.verdicts import doubt_budgets, judge_cuts, judge_people, okta_is_silent, require_effects
from rollout.directory import session_names, user_ids
from rollout.load import load
from rollout.words import StackFileError

config = CONFIG.get() or get_config_env()
encrypted = {*get_config_secret_keys_env(), *filter(is_config_secret, config)}
try:
    rollout = load(config, Path.cwd(), datetime.now(UTC), encrypted)
except StackFileError as error:
    raise pulumi.RunError(str(error)) from None

account = current_account()
known = people(rollout)
judge_people(rollout, known)
doubt_budgets(rollout)
behind = judge_cuts(rollout, cuts_in_iam(rollout), known)
passed = judge_gates(rollout)

shared = declare_shared(rollout, account, known, passed)
cohorts = {
    name: Cohort(
        name,
        CohortArgs(
            rollout=rollout,
            account=account,
            shared=shared,
            user_ids=user_ids(cohort, known or {}),
            session_names=session_names(rollout, cohort, known or {}),
        ),
    )
    for name, cohort in rollout.declared.items()
}
if not shared.federation:
    okta_is_silent(rollout, behind)
else:
    require_effects(rollout, shared.federation, cohorts, behind)
    outputs.export(rollout, account, shared.federation, shared, cohorts)
