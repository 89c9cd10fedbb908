"""The AWS profile that Claude Code signs in with; its settings are in `rollout.macs.settings`."""

from __future__ import annotations

import shlex

from rollout import names
from rollout.account import Account
from rollout.model.rollout import Rollout

PROFILE = "claude-code"
# The profile that AWS's own command line signs in by, under IAM Identity Center, and how its session is named.
PORTAL = f"{PROFILE}-portal"
PORTAL_SIGN_IN = f"aws sso login --profile {PORTAL}"
PORTAL_PROCESS = f"aws configure export-credentials --profile {PORTAL} --format process"


def okta_aws_cli(
    okta_domain: str,
    sign_in_client_id: str,
    aws_app_id: str,
    provider_arn: str,
    role_arn: str,
    region: str,
    session_minutes: int,
) -> str:
    """The command line of okta-aws-cli (its README), which gets a new session each time that it is run.

    Not `--cache-access-token`: the token that it keeps in ~/.okta buys sessions without a browser, also those that
    nobody counts in `rollout.access.residual`. What is installed keeps the session itself: `credential_helper`.
    """
    options = {
        "--format": "process-credentials",
        "--org-domain": okta_domain,
        "--oidc-client-id": sign_in_client_id,
        "--aws-acct-fed-app-id": aws_app_id,
        "--aws-iam-idp": provider_arn,
        "--aws-iam-role": role_arn,
        "--aws-region": region,
        "--aws-session-duration": str(session_minutes * 60),
    }
    words = ["okta-aws-cli", "web", *(word for option in options.items() for word in option), "--open-browser"]
    return shlex.join(words)


def aws_profile(region: str, credential_process: str) -> str:
    """The file that the managed settings name as AWS_CONFIG_FILE; a person may keep it in `~/.aws/config` as well."""
    return f"[profile {PROFILE}]\nregion = {region}\ncredential_process = {credential_process}\n"


def portal_profile(rollout: Rollout, account: Account, cohort: str) -> str | None:
    """The same where people sign in by IAM Identity Center; None elsewhere. AWS's command line (version 2.9 or later)
    keeps the portal's token and asks for the session, and everything else reads that by `credential_process`, as
    elsewhere (AWS CLI user guide, token provider configuration; `configure export-credentials`)."""
    center = rollout.identity_center
    if center is None:
        return None
    return (
        f"[sso-session {PORTAL}]\nsso_start_url = {center.start_url}\nsso_region = {center.region}\n"
        "sso_registration_scopes = sso:account:access\n\n"
        f"[profile {PORTAL}]\nsso_session = {PORTAL}\nsso_account_id = {account.id}\n"
        f"sso_role_name = {names.permission_set(cohort)}\nregion = {account.region}\n\n"
        f"{aws_profile(account.region, PORTAL_PROCESS)}"
    )
