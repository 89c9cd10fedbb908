"""The composition root: read the stack file, declare what it says, export what people need."""

from datetime import UTC, datetime
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret

from components import outputs
from components.announcer import Announcer, AnnouncerArgs
from components.audiences import Audiences, AudiencesArgs
from components.audit_trail import AuditTrail, AuditTrailArgs
from components.cohort import Cohort, CohortArgs
from components.federation import Federation, FederationArgs
from components.invocation_logging import InvocationLogging, InvocationLoggingArgs
from components.people import current_account, people
from components.verdicts import judge_people, okta_is_silent, require_effects
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

federation = Federation("federation", FederationArgs(account=account, rollout=rollout)) if known is not None else None
trail = AuditTrail("audit-trail", AuditTrailArgs(rollout=rollout))
InvocationLogging("logging", InvocationLoggingArgs(account=account, rollout=rollout, trail=trail))
audiences = Audiences("audiences", AudiencesArgs(account=account, rollout=rollout))
announcer = Announcer("announcer", AnnouncerArgs(account=account, rollout=rollout, trail=trail, audiences=audiences))
cohorts = {
    name: Cohort(
        name,
        CohortArgs(
            rollout=rollout,
            account=account,
            federation=federation,
            user_ids=user_ids(cohort, known or {}),
            session_names=session_names(rollout, cohort, known or {}),
            announcer=announcer,
        ),
    )
    for name, cohort in rollout.declared.items()
}
if not federation:
    okta_is_silent(rollout)
else:
    require_effects(rollout, federation, cohorts)
    outputs.export(rollout, account, federation, trail, cohorts)
