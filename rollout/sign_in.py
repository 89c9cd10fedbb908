"""What a member pastes to use Claude Code: an AWS profile and Claude Code's settings."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

PROFILE = "claude-code"
# The names Claude Code resolves by itself; one that is not pinned would call a system-defined profile, which is denied
# (claude-code-client 7).
ALIASES = ("opus", "sonnet", "haiku", "fable")


def okta_aws_cli(
    okta_domain: str, sign_in_client_id: str, aws_app_id: str, provider_arn: str, role_arn: str, session_minutes: int
) -> str:
    """The `credential_process` command line (okta-aws-cli README)."""
    options = {
        "--format": "process-credentials",
        "--org-domain": okta_domain,
        "--oidc-client-id": sign_in_client_id,
        "--aws-acct-fed-app-id": aws_app_id,
        "--aws-iam-idp": provider_arn,
        "--aws-iam-role": role_arn,
        "--aws-session-duration": str(session_minutes * 60),
    }
    words = ["okta-aws-cli", "web", *(word for option in options.items() for word in option), "--open-browser"]
    return shlex.join(words)


def aws_profile(region: str, credential_process: str) -> str:
    """A block for `~/.aws/config`."""
    return f"[profile {PROFILE}]\nregion = {region}\ncredential_process = {credential_process}\n"


def claude_settings(region: str, labels: Sequence[str], profile_arns: Mapping[str, str]) -> dict[str, Any]:
    """Claude Code's settings: Bedrock, with every alias pinned to a profile and nothing else selectable.

    `labels`: the cohort's models, the default one first. An alias the cohort has no model for is pinned to the default.
    The list holds ARNs, since an alias in it does not know a pinned profile (claude-code-client 7).
    """
    default = profile_arns[labels[0]]
    pins = {f"ANTHROPIC_DEFAULT_{alias.upper()}_MODEL": profile_arns.get(alias, default) for alias in ALIASES}
    return {
        "availableModels": [profile_arns[label] for label in labels],
        "enforceAvailableModels": True,
        "model": default,
        "env": {"CLAUDE_CODE_USE_BEDROCK": "1", "AWS_REGION": region, "AWS_PROFILE": PROFILE, **pins},
    }
