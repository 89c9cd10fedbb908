"""The composition root: read the stack file, declare what it says, export what people need."""

from datetime import UTC, datetime
from pathlib import Path

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env

from components import outputs
from components.audit_trail import AuditTrail, AuditTrailArgs
from components.cohort import Cohort, CohortArgs
from components.federation import Federation, FederationArgs
from components.invocation_logging import InvocationLogging, InvocationLoggingArgs
from components.people import current_account, people
from components.verdicts import judge_people, require_memberships
from rollout.directory import session_name, user_ids, wanted
from rollout.load import load
from rollout.words import StackFileError

try:
    rollout = load(CONFIG.get() or get_config_env(), Path.cwd(), datetime.now(UTC))
except StackFileError as error:
    raise pulumi.RunError(str(error)) from None

account = current_account()
known = people(wanted(rollout))
judge_people(rollout, known)

federation = Federation("federation", FederationArgs(account=account, rollout=rollout))
trail = AuditTrail("audit-trail", AuditTrailArgs(rollout=rollout))
InvocationLogging("logging", InvocationLoggingArgs(account=account, rollout=rollout, trail=trail))
cohorts = {
    name: Cohort(
        name,
        CohortArgs(
            rollout=rollout,
            account=account,
            federation=federation,
            user_ids=user_ids(cohort, known),
            session_names={email: session_name(rollout, email, known.get(email)) for email in cohort.members},
            verify=not pulumi.runtime.is_dry_run(),
        ),
    )
    for name, cohort in rollout.declared.items()
}
require_memberships(cohorts)
outputs.export(rollout, account, federation, trail, cohorts)
