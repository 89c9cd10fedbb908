"""What our apps in Okta are called, and what they hear of; groups are named in `rollout.names`."""

from __future__ import annotations

from rollout.names import PREFIX, okta_group


def sign_in_app(account: str) -> str:
    """Also the client id of the app that `okta-aws-cli` signs in with: chosen by us, so that it is known in preview."""
    return f"{PREFIX}-sign-in-{account}"


def cohort_app(account: str, cohort: str) -> str:
    """Label and client id of a cohort's own Okta app under `federation: oidc`."""
    return f"{PREFIX}-{account}-{cohort}"


def gateway_app(account: str) -> str:
    """Label and client id of the app that people sign in to a gateway with."""
    return f"{PREFIX}-gateway-{account}"


def gateway_groups(account: str) -> str:
    """What the names of all cohorts' groups begin with (`okta_group`): of its people's groups a gateway hears of these
    alone."""
    return okta_group(account, "")


def aws_app_label(account: str) -> str:
    return f"Claude Code on AWS {account}"
