"""Whether Okta apps that are adopted lead where the catalogue's own would: to the cohorts' roles, under the login.

An app of somebody else's may sign in to no role at all, or sign sessions with names that no Deny and no quota knows.
Sources: okta-api.md 3 (`amazon_aws`); okta-aws-cli's README for the sign-in app.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from rollout import names
from rollout.access.federation import aws_app_settings, provider_arn
from rollout.account import Account
from rollout.model.errors import shown
from rollout.model.rollout import Rollout

# What okta-aws-cli needs of its app (okta-aws-cli README): a browser, a device without one, and the exchange for AWS.
SIGN_IN_GRANTS = (
    "authorization_code",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
)
ACTIVE = "ACTIVE"
LOGINS = {"${source.login}", "${user.login}"}
# Longer than Okta takes.
LONGEST_FILTER = 500


@dataclass(frozen=True, kw_only=True)
class AwsApp:
    """As Okta has it. `settings`: of `settings.app`; nulls may be left out."""

    status: str
    settings: Mapping[str, Any]
    user_name_template: str
    user_name_suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class SignInApp:
    status: str
    grant_types: Collection[str]


def settings_of(text: str) -> Mapping[str, Any]:
    """Of the provider's `app_settings_json`; empty where it is none."""
    try:
        found: object = json.loads(text)
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def aws_app_mistakes(rollout: Rollout, account: Account, app: AwsApp, client_id: str) -> Iterator[str]:
    """What keeps the AWS app from fitting, a line each with what to change. `client_id`: of the sign-in app."""
    wanted, found = aws_app_settings(rollout, account, client_id), app.settings
    if app.status != ACTIVE:
        yield _line("okta_app_id", "status", app.status, "activate the app")
    if found.get("useGroupMapping") is not True:
        yield _line("okta_app_id", "useGroupMapping", found.get("useGroupMapping"), "turn `Use Group Mapping` on")
    provider = provider_arn(rollout, account)
    # An app of several accounts may leave it empty: the role's value, below, names the provider too.
    if (arn := found.get("identityProviderArn")) and arn != provider:
        fix = f"make it {provider}, or adopt.saml_provider_arn this one"
        yield _line("okta_app_id", "identityProviderArn", arn, fix)
    yield from _roles(rollout, account, found, wanted)
    if app.user_name_template not in LOGINS or app.user_name_suffix:
        text = f"{app.user_name_template}{app.user_name_suffix}"
        fix = "make the application username the Okta username: sessions are denied and counted by the login"
        yield _line("okta_app_id", "userNameTemplate", text, fix)
    allowed = re.split(r"[,\s]+", str(found.get("webSSOAllowedClient") or ""))
    if client_id not in allowed:
        fix = f"let the sign-in client {client_id} in (`Allowed Web SSO Client`)"
        yield _line("okta_app_id", "webSSOAllowedClient", found.get("webSSOAllowedClient"), fix)


def sign_in_app_mistakes(app: SignInApp) -> Iterator[str]:
    if app.status != ACTIVE:
        yield _line("okta_sign_in_app_id", "status", app.status, "activate the app")
    if missing := [grant for grant in SIGN_IN_GRANTS if grant not in app.grant_types]:
        fix = f"allow {', '.join(missing)} too: okta-aws-cli needs them"
        yield _line("okta_sign_in_app_id", "grant_types", ", ".join(sorted(app.grant_types)) or None, fix)


def _roles(rollout: Rollout, account: Account, found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Each cohort's group gives the cohort's role in this account, by the identity provider that the role trusts."""
    text, pattern = str(found.get("groupFilter") or ""), str(found.get("roleValuePattern") or "")
    filters = _compiled(text)
    refused: list[str] = []
    wrong: dict[str, str] = {}
    for cohort in (name for name, each in rollout.cohorts.items() if not each.machines):
        group = names.okta_group(account.id, cohort)
        match = filters.fullmatch(group) if filters else None
        if not match:
            refused.append(group)
            continue
        value = pattern
        for part, captured in match.groupdict().items():
            value = value.replace(f"${{{part}}}", captured or "")
        if set(value.split(",")) != {provider_arn(rollout, account), account.role_arn(cohort)}:
            wrong[group] = value
    if refused:
        why = "no expression that can be read" if filters is None else f"does not match {', '.join(refused)}"
        fix = f"{why}; make it {wanted['groupFilter']}, or one that matches these too"
        yield _line("okta_app_id", "groupFilter", text or None, fix)
    if wrong:
        group, value = next(iter(wrong.items()))
        fix = f"of {group} it makes {shown(value) or 'nothing'}; make it {wanted['roleValuePattern']}"
        yield _line("okta_app_id", "roleValuePattern", pattern or None, fix)


def _compiled(text: str) -> re.Pattern[str] | None:
    """Okta writes a named group `(?{{accountid}}...)`."""
    if not text or len(text) > LONGEST_FILTER:
        return None
    try:
        return re.compile(re.sub(r"\(\?\{\{(\w+)\}\}", r"(?P<\1>", text))
    except (re.error, RecursionError, OverflowError):
        return None


def _line(key: str, setting: str, value: object, fix: str) -> str:
    told = "missing" if value is None or value == "" else shown(value)
    return f"adopt.{key}: {setting}: {told}; {fix}"
