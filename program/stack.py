"""The composition root: read the stack file of the folder it runs in, declare what it says, export."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret

from components import outputs
from components.cohorts import declare_cohorts
from components.gates import judge_gates
from components.identity.cut_record import keep, on_record
from components.identity.emergency import cuts_in_iam
from components.identity.people import current_account, people
from components.postconditions import (
    doubt_budgets,
    judge_cuts,
    judge_people,
    okta_is_silent,
    refuse_stale,
    require_effects,
    warn_of_update,
)
from components.shared import declare_shared
from rollout.incidents.cut_rules import advance
from rollout.model.errors import StackFileError
from rollout.people.directory import session_names
from rollout.stack_file.load import load


def declare() -> None:
    """Of the stack that the engine runs. `pulumi.RunError` has all mistakes, for a person to read."""
    config = CONFIG.get() or get_config_env()
    encrypted = {*get_config_secret_keys_env(), *filter(is_config_secret, config)}
    try:
        rollout = load(config, Path.cwd(), now := datetime.now(UTC), encrypted)
    except StackFileError as error:
        raise pulumi.RunError(str(error)) from None

    before = on_record(f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}")
    refuse_stale(before, rollout)
    account = current_account()
    known = people(rollout, config.get("okta:httpProxy") or os.environ.get("OKTA_HTTP_PROXY", ""))
    judge_people(rollout, known)
    doubt_budgets(rollout)
    passed = judge_gates(rollout)
    record = advance(before, rollout, session_names(rollout, known) if known else None, now)
    warn_of_update(before, rollout, record)
    behind = judge_cuts(rollout, cuts_in_iam(rollout), record)

    recorded = keep(record)
    shared = declare_shared(rollout, account, pulumi.get_stack(), known is not None, record, passed)
    cohorts = declare_cohorts(rollout, account, shared, known, record, recorded)
    if not shared.federation:
        okta_is_silent(rollout, behind)
    else:
        require_effects(rollout, shared.federation, cohorts, behind)
        outputs.export(rollout, record, shared.federation, shared)
