"""What a rollout needs beside AWS: the engine, Okta, Slack, Jamf Pro. No secret is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
from pydantic import SecretStr

from cli.doctor.finding import Check, Finding, broken, fine, unknown
from cli.stack import pulumi
from rollout.config import Rollout

ENGINE_AT_LEAST = (3, 258, 0)
SECONDS = 60
TIMEOUT = httpx.Timeout(10, connect=3)
OKTA_SCOPES = ("okta.users.read", "okta.groups.manage", "okta.apps.manage", "okta.policies.read")
OKTA_READS = {"okta.users.read": "users", "okta.groups.read": "groups", "okta.apps.read": "apps"}
SLACK_SCOPES = ("chat:write", "users:read", "users:read.email")
JAMF_TOKEN = "/api/v1/oauth/token"


def checks(
    project: Path, stack: str, rollout: Rollout, environment: Mapping[str, str], secrets: Callable[[], Rollout]
) -> list[Check]:
    """`secrets`: the stack file with its secrets, read only where one is needed."""
    found = [
        Check(name="engine", look=lambda: _engine(project), fix="install Pulumi: https://www.pulumi.com/docs/install/"),
        Check(
            name="backend",
            look=lambda: _backend(project, stack),
            fix="`pulumi login`, then `pulumi stack select`; its passphrase or key must be there as well",
        ),
        Check(
            name="Okta",
            look=lambda: _okta(rollout, environment),
            fix="check the domain, the network and OKTA_API_TOKEN",
        ),
    ]
    if rollout.jamf:
        look = lambda: _jamf(rollout, environment, secrets)  # noqa: E731
        found.append(Check(name="Jamf Pro", look=look, fix="check jamf.url and the network"))
    if rollout.slack_bot_token:
        look_slack = lambda: _slack(secrets().slack_bot_token)  # noqa: E731
        found.append(Check(name="Slack", look=look_slack, fix="check the network's way to slack.com"))
    return found


def _engine(project: Path) -> Iterator[Finding]:
    said = _said(project, "version")
    version = tuple(int(part) for part in re.findall(r"\d+", said)[:3])
    least = ".".join(map(str, ENGINE_AT_LEAST))
    if version < ENGINE_AT_LEAST:
        yield broken("engine", f"pulumi {said}, older than {least}", "install a newer Pulumi")
    else:
        yield fine("engine", f"pulumi {said}")


def _backend(project: Path, stack: str) -> Iterator[Finding]:
    who = _said(project, "whoami")
    _said(project, "stack", "output", "--json", "--stack", stack)
    yield fine("backend", f"answers {who}; stack {stack} is there")


def _said(project: Path, *arguments: str) -> str:
    return pulumi(project, *arguments, seconds=SECONDS).strip()


def _okta(rollout: Rollout, environment: Mapping[str, str]) -> Iterator[Finding]:
    """With a token: what it may read. With a service app: the scopes that are asked for; Okta says at sign-in which it
    grants."""
    token = environment.get("OKTA_API_TOKEN")
    if not token:
        asked = set(re.findall(r"[\w.]+", environment.get("OKTA_API_SCOPES", "")))
        missing = [scope for scope in OKTA_SCOPES if scope not in asked]
        if not environment.get("OKTA_API_PRIVATE_KEY"):
            yield broken("Okta", "no credentials", "set OKTA_API_TOKEN, or a service app's OKTA_API_PRIVATE_KEY")
        elif missing:
            yield broken("Okta", f"OKTA_API_SCOPES lacks {' '.join(missing)}", "add them, and grant them to the app")
        else:
            yield unknown("Okta", "the service app's scopes are only seen as it signs in", "run `pulumi preview`")
        return
    # As the provider takes its `httpProxy`: in place of the organization's own address.
    base = environment.get("OKTA_HTTP_PROXY") or f"https://{rollout.okta.domain}"
    with httpx.Client(base_url=base, timeout=TIMEOUT, headers={"Authorization": f"SSWS {token}"}) as okta:
        refused = {
            scope: answer.status_code
            for scope, path in OKTA_READS.items()
            if not (answer := okta.get(f"/api/v1/{path}", params={"limit": 1})).is_success
        }
    if 401 in refused.values():
        yield broken("Okta", f"{rollout.okta.domain} refuses OKTA_API_TOKEN", "make a new token; 30 idle days end one")
    elif refused:
        said = ", ".join(f"{scope}: {status}" for scope, status in refused.items())
        yield broken(
            "Okta", f"the token may not read all: {said}", "its owner needs the group and app administrator roles"
        )
    else:
        yield fine("Okta", f"{rollout.okta.domain}: users, groups and apps can be read")


def _slack(token: SecretStr | None) -> Iterator[Finding]:
    if token is None:
        return
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    answer = httpx.post("https://slack.com/api/auth.test", headers=headers, timeout=TIMEOUT)
    yield slack_finding(answer.json(), answer.headers.get("x-oauth-scopes"))


def slack_finding(said: Mapping[str, object], scopes: str | None) -> Finding:
    """`scopes`: as the header lists them; none where Slack did not."""
    if not said.get("ok"):
        return broken("Slack", f"the token: {said.get('error')}", "`pulumi config set --secret slack_bot_token`")
    if scopes is None:
        return unknown("Slack", "the token works; its scopes were not said", f"it needs {', '.join(SLACK_SCOPES)}")
    missing = sorted(set(SLACK_SCOPES) - {scope.strip() for scope in scopes.split(",")})
    if missing:
        return broken("Slack", f"the token lacks {', '.join(missing)}", "add them to the app, and install it again")
    return fine("Slack", "the token works and has its scopes")


def _jamf(rollout: Rollout, environment: Mapping[str, str], secrets: Callable[[], Rollout]) -> Iterator[Finding]:
    assert rollout.jamf is not None  # noqa: S101  `checks`
    secret = environment.get("JAMF_CLIENT_SECRET")
    if not secret:
        kept = secrets().jamf_client_secret
        secret = kept.get_secret_value() if kept else ""
    url = environment.get("JAMF_URL") or rollout.jamf.url
    form = {
        "grant_type": "client_credentials",
        "client_id": environment.get("JAMF_CLIENT_ID") or rollout.jamf.client_id,
    }
    answer = httpx.post(f"{url}{JAMF_TOKEN}", data={**form, "client_secret": secret}, timeout=TIMEOUT)
    if answer.is_success:
        yield fine("Jamf Pro", f"{url} knows the API client")
    else:
        fix = "check jamf.client_id and jamf_client_secret, and that the client is enabled"
        yield broken("Jamf Pro", f"{url} gives the API client no token ({answer.status_code})", fix)
