"""What a member signs in with: the command, and all else that somebody pastes where nothing is installed for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollout import okta_names
from rollout.access.federation import provider_arn
from rollout.account import Account
from rollout.macs import sign_in
from rollout.macs.places import PLACES, Platform
from rollout.macs.settings import managed_settings, whole_cohort
from rollout.macs.token_helper import ENTRY
from rollout.model.gateway import GatewayKind
from rollout.model.rollout import Rollout

# How a person comes in by a gateway, as a sentence.
GATEWAY_SIGN_IN = {
    GatewayKind.CLAUDE_APPS: "start `claude`, type /login, and sign in to Okta in the browser",
    GatewayKind.LITELLM: f"start `claude`: {ENTRY} opens Okta in the browser, once an hour",
}


def credential_process(rollout: Rollout, account: Account, cohort: str, client_id: str, aws_app_id: str) -> str:
    """The command line that gets a session of a cohort's role. `client_id`, `aws_app_id`: of Okta's two apps."""
    return sign_in.okta_aws_cli(
        rollout.okta.domain,
        client_id,
        aws_app_id,
        provider_arn(rollout, account),
        account.role_arn(cohort),
        account.region,
        rollout.session_minutes,
    )


def member_sign_in(
    rollout: Rollout, account: Account, cohort: str, profile_arns: Mapping[str, str], apps: Mapping[str, str]
) -> dict[str, Any]:
    """An AWS profile, Claude Code's settings, and the files of a Mac that they go to. `apps`: Okta's `client_id` and
    `aws_app_id`; empty under `federation: oidc`, where no official client signs in, under `identity_center`, where
    AWS's own does, and behind a gateway."""
    places = PLACES[Platform.MACOS]
    settings = {
        "claude_settings": managed_settings(rollout, whole_cohort(rollout, cohort), profile_arns),
        "claude_settings_file": places.settings,
    }
    if rollout.gateway:
        return {"gateway": rollout.gateway.url, "how": GATEWAY_SIGN_IN[rollout.gateway.kind], **settings}
    if text := sign_in.portal_profile(rollout, account, cohort):
        return {
            "sign_in": sign_in.PORTAL_SIGN_IN,
            "credential_process": sign_in.PORTAL_PROCESS,
            "aws_profile": text,
            "aws_config_file": places.aws_config,
            **settings,
        }
    if not apps:
        return {
            "issuer": f"https://{rollout.okta.domain}",
            "client_id": okta_names.cohort_app(account.id, cohort),
            "role_arn": account.role_arn(cohort),
            "role_session_name": "the token's sub",
            **settings,
        }
    process = credential_process(rollout, account, cohort, apps["client_id"], apps["aws_app_id"])
    return {
        "credential_process": process,
        "aws_profile": sign_in.aws_profile(account.region, process),
        "aws_config_file": places.aws_config,
        **settings,
    }
