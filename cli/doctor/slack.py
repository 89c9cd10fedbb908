"""What a rollout needs of Slack: a token that may find people and write to them. It is never shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import httpx
from pydantic import SecretStr

from cli.doctor.finding import TIMEOUT, Check, Finding, broken, document, fine, unknown
from cli.doctor.steps import Step
from rollout.model.rollout import Rollout

SCOPES = ("chat:write", "users:read", "users:read.email")
# Of Slack's Web API; `SLACK_API_URL` stands in its place, as `JAMF_URL` does for Jamf Pro.
API = "https://slack.com/api/"


def checks(rollout: Rollout, environment: Mapping[str, str], secrets: Callable[[], Rollout]) -> list[Check]:
    if not rollout.slack_bot_token:
        return []
    url = environment.get("SLACK_API_URL") or API
    look = lambda: _token(url, secrets().slack_bot_token)  # noqa: E731
    fix = f"check the network's way to {httpx.URL(url).host}"
    return [Check(name="Slack", look=look, fix=fix, step=Step.NOTICES)]


def _token(url: str, token: SecretStr | None) -> Iterator[Finding]:
    if token is None:
        return
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    answer = httpx.post(f"{url.rstrip('/')}/auth.test", headers=headers, timeout=TIMEOUT)
    yield token_finding(document(answer), answer.headers.get("x-oauth-scopes"))


def token_finding(said: Mapping[str, object], scopes: str | None) -> Finding:
    """`scopes`: as the header lists them; none where Slack did not."""
    if not said.get("ok"):
        return broken("Slack", f"the token: {said.get('error')}", "`pulumi config set --secret slack_bot_token`")
    if scopes is None:
        return unknown("Slack", "the token works; its scopes were not said", f"it needs {', '.join(SCOPES)}")
    missing = sorted(set(SCOPES) - {scope.strip() for scope in scopes.split(",")})
    if missing:
        return broken("Slack", f"the token lacks {', '.join(missing)}", "add them to the app, and install it again")
    return fine("Slack", "the token works and has its scopes")
