"""How the members of a cohort sign in, by the stack file and what the stack put out: ids and ARNs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from cli.terminal.errors import CommandError
from rollout.access import member_sign_in
from rollout.access.machine_sign_in import machine_sign_ins
from rollout.account import Account
from rollout.model.rollout import Federation, Rollout

APPS = "sign_in_apps"


def command_of(rollout: Rollout, cohort: str, outputs: Mapping[str, Any]) -> str | None:
    """The command that gets a session; None where no official client signs in, or nobody has anything to sign in to.
    CommandError where the stack's last update did not say which apps of Okta's it is for."""
    account, known = account_of(cohort, outputs), rollout.cohorts[cohort]
    if not account or known.machines or not known.usable_models(rollout.throttle):
        return None
    if not (apps := _apps(rollout, outputs)):
        return None
    return member_sign_in.credential_process(rollout, account, cohort, apps["client_id"], apps["aws_app_id"])


def pasted(rollout: Rollout, cohort: str, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """All that a member pastes: `rollout.access.member_sign_in`. CommandError where there is nothing yet."""
    account = account_of(cohort, outputs)
    arns: Mapping[str, str] = _deployed(cohort, outputs).get("profile_arns") or {}
    known = rollout.cohorts[cohort]
    if not account or not set(known.models) <= arns.keys():
        raise CommandError(f"cohort {cohort} has not all of its profiles yet; run `pulumi up` first")
    if not known.usable_models(rollout.throttle):
        raise CommandError(f"cohort {cohort} is {known.level}: there is nothing to sign in to")
    if known.machines:
        return {"machines": machine_sign_ins(rollout, account, cohort, arns)}
    return member_sign_in.member_sign_in(rollout, account, cohort, arns, _apps(rollout, outputs))


def account_of(cohort: str, outputs: Mapping[str, Any]) -> Account | None:
    """Where the cohort's profiles are; None where it has none."""
    for arn in (_deployed(cohort, outputs).get("profile_arns") or {}).values():
        region, account = str(arn).split(":")[3:5]
        return Account(account, region)
    return None


def _deployed(cohort: str, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Mapping[str, Any]]", outputs.get("cohorts") or {}).get(cohort) or {}


def _apps(rollout: Rollout, outputs: Mapping[str, Any]) -> Mapping[str, str]:
    if rollout.gateway or rollout.federation is not Federation.SAML:
        return {}
    if not (found := outputs.get(APPS)):
        raise CommandError("the stack has not said yet which apps of Okta's sign people in; run `pulumi up` first")
    return found
