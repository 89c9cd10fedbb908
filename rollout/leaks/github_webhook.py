"""GitHub's way in: what its function is told and may do, who may call it, and what to enter in GitHub."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rollout import names
from rollout.access.documents import WRITE_LOG, Document, allow, document, write_own_log
from rollout.account import Account

# What the function's policy says of its address: everybody, and by no other way (Lambda developer guide, access to
# function URLs; both statements since October 2025). Keys are those of AddPermission.
PUBLIC: Mapping[str, Mapping[str, Any]] = {
    "address": {"action": "lambda:InvokeFunctionUrl", "function_url_auth_type": "NONE"},
    "through-address": {"action": "lambda:InvokeFunction", "invoked_via_function_url": True},
}
# An address takes ten requests a second per reserved execution, and no more: what strangers can make us pay is bounded.
# GitHub does not try again, so a burst of its alerts must fit.
CONCURRENCY = 5
# GitHub hangs up after ten seconds (GitHub documentation, webhooks, respond within 10 seconds).
TIMEOUT_SECONDS = 10


def webhook_settings() -> dict[str, Any]:
    return {
        "secret": names.GITHUB_WEBHOOK_SECRET,
        "log_group": names.FINDINGS_LOG_GROUP,
        "log_stream": names.GITHUB_LOG_STREAM,
    }


def webhook_policy(account: Account, secret_arn: str) -> Document:
    """Read one secret, write one stream."""
    stream = f"{account.log_group_arn(names.FINDINGS_LOG_GROUP)}:log-stream:{names.GITHUB_LOG_STREAM}"
    return document(
        allow("Secret", ["secretsmanager:GetSecretValue"], [secret_arn]),
        allow("Findings", WRITE_LOG, [stream]),
        write_own_log(account, names.GITHUB_WEBHOOK),
    )


def to_enter(url: str) -> dict[str, Any]:
    """The fields of GitHub's form, *Settings, Webhooks, Add webhook* of the organization."""
    return {
        "payload_url": url,
        "content_type": "application/json",
        "secret": "pulumi config get github_webhook_secret",
        "events": ["Secret scanning alerts"],
    }
