"""Stack files for tests: a small one that is right, and the committed ones, as the engine would hand them over."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from cli.live.stack import as_engine

PROJECT = Path(__file__).resolve().parent.parent
# The company that the tests know. Nothing of the project's root is its own: changing a stack file there breaks no test.
COMPANY = PROJECT / "examples" / "acme"
COMMITTED = ("sandbox", "dev", "prod")

SMALL: dict[str, Any] = {
    "organization": {
        "name": "acme",
        "teams": {"backend": {"headcount": 15, "lead": "lead@acme.example"}, "platform": {"headcount": 8}},
    },
    "okta": {"domain": "acme.okta.com", "umbrella_group": "Claude-Code-Users"},
    "models": {
        "sonnet": {
            "source": "global.anthropic.claude-sonnet-4-6",
            "input": 3,
            "output": 15,
            "cache_read": 0.3,
            "cache_write": 3.75,
        },
        "haiku": {
            "source": "us.anthropic.claude-haiku-4-5-20251001-v1:0",
            "input": 1,
            "output": 5,
            "cache_read": 0.1,
            "cache_write": 1.25,
        },
    },
    "cohorts": {
        "pilot": {
            "level": "active",
            "models": ["sonnet", "haiku"],
            "members": {
                "alice.chen@acme.example": {"name": "Alice Chen", "team": "backend"},
                "grace.liu@acme.example": {"name": "Grace Liu", "team": "platform"},
            },
        }
    },
}


# What a company writes beside `federation: identity_center`.
IDENTITY_CENTER: dict[str, Any] = {
    "instance_arn": "arn:aws:sso:::instance/ssoins-1234567890abcdef",
    "identity_store_id": "d-1234567890",
    "region": "us-east-1",
    "start_url": "https://d-1234567890.awsapps.com/start",
    "okta_app_id": "0oaIDENTITYCENTER001",
}


def by_identity_center(document: dict[str, Any]) -> dict[str, Any]:
    """The same company, whose people sign in by IAM Identity Center."""
    kept = {key: value for key, value in document.items() if key not in {"session_minutes", "adopt"}}
    adopted = {
        key: value
        for key, value in document.get("adopt", {}).items()
        if key not in {"saml_provider_arn", "oidc_provider_arn", "okta_app_id", "okta_sign_in_app_id"}
    }
    chosen = {"federation": "identity_center", "identity_center": dict(IDENTITY_CENTER)}
    return {**kept, **chosen, **({"adopt": adopted} if adopted else {})}


def small() -> dict[str, Any]:
    """A copy to change."""
    return copy.deepcopy(SMALL)


def resumed_now() -> str:
    """`sessions_valid_from` as `rollout set-level` writes it at a resume. STS dates a session to the second, so one of
    this very second is from before."""
    return (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")


def config(document: dict[str, Any]) -> dict[str, str]:
    return as_engine(
        {"aws:region": "us-east-1", **{f"claude-code-rollout:{key}": value for key, value in document.items()}}
    )


# What the encrypted values of the committed stack files stand for, of the right form.
DECRYPTED = {
    "slack_bot_token": "xoxb-sandbox",
    "webhook_signing_key": "whsec_" + "a" * 43 + "=",
    "github_webhook_secret": "b" * 64,
    "jamf_client_secret": "sandbox-jamf-secret",
    "github_token": "github_pat_sandbox000000000000000000",
}


def content(stack: str) -> dict[str, Any]:
    """A committed stack file's `config`, decrypted."""
    found = yaml.safe_load((COMPANY / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    secrets = {f"claude-code-rollout:{key}": value for key, value in DECRYPTED.items()}
    return {key: secrets.get(key, value) for key, value in found.items()}


def committed(stack: str) -> dict[str, str]:
    """As the engine hands it to the program."""
    return as_engine(content(stack))
