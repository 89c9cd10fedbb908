"""What is held against an Okta app that is adopted: each setting that keeps it from leading to the cohorts' roles."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rollout.access.adopted_apps import (
    SIGN_IN_GRANTS,
    AwsApp,
    SignInApp,
    aws_app_mistakes,
    settings_of,
    sign_in_app_mistakes,
)
from rollout.access.federation import aws_app_settings
from rollout.account import Account
from rollout.stack_file.load import validate
from tests.stacks import small

ACCOUNT, CLIENT = Account("123456789012", "us-east-1"), "claude-code-sign-in-123456789012"
ROLLOUT = validate(small(), Path(), datetime.now(UTC))
OURS = AwsApp(
    status="ACTIVE",
    settings=aws_app_settings(ROLLOUT, ACCOUNT, CLIENT),
    user_name_template="${source.login}",
)


def mistakes(app: AwsApp) -> list[str]:
    return list(aws_app_mistakes(ROLLOUT, ACCOUNT, app, CLIENT))


def with_settings(**changed: Any) -> AwsApp:
    return replace(OURS, settings={**OURS.settings, **changed})


@pytest.mark.parametrize(
    "app",
    [
        OURS,
        with_settings(groupFilter=r"^aws_(?{{accountid}}\d+)_(?{{role}}[\w\-]+)$"),
        with_settings(identityProviderArn=None),
        with_settings(webSSOAllowedClient=f"0oaOther, {CLIENT}"),
        with_settings(
            roleValuePattern="arn:aws:iam::${accountid}:role/${role},"
            "arn:aws:iam::${accountid}:saml-provider/claude-code-okta"
        ),
        replace(OURS, user_name_template="${user.login}"),
    ],
    ids=["ours", "wider filter", "several accounts", "several clients", "other order", "user"],
)
def test_an_app_that_leads_to_the_cohorts_roles_fits_however_it_is_written(app: AwsApp) -> None:
    assert mistakes(app) == []


@pytest.mark.parametrize(
    ("app", "line"),
    [
        (replace(OURS, status="INACTIVE"), "status: INACTIVE; activate the app"),
        (with_settings(useGroupMapping=False), "useGroupMapping: false; turn `Use Group Mapping` on"),
        (
            with_settings(groupFilter=r"^aws\#\S+\#(?{{role}}[\w\-]+)\#(?{{accountid}}\d+)$"),
            (
                r"groupFilter: ^aws\#\S+\#(?{{role}}[\w\-]+)\#(?{{accountid}}\d+)$; does not match "
                "aws_123456789012_claude-code-pilot; make it ^aws_"
            ),
        ),
        (with_settings(groupFilter="("), "groupFilter: (; no expression that can be read; make it ^aws_"),
        (with_settings(groupFilter=None), "groupFilter: missing; no expression that can be read; make it ^aws_"),
        (
            with_settings(groupFilter=r"^aws_(?{{role}}\d+)_(?{{accountid}}[\w\-]+)$"),
            "roleValuePattern: arn:aws:iam::${accountid}:saml-provider/claude-code-okta,",
        ),
        (
            with_settings(roleValuePattern="arn:aws:iam::${accountid}:saml-provider/okta,${role}"),
            (
                "roleValuePattern: arn:aws:iam::${accountid}:saml-provider/okta,${role}; of "
                "aws_123456789012_claude-code-pilot it makes arn:aws:iam::123456789012:saml-provider/okta,"
            ),
        ),
        (
            with_settings(identityProviderArn="arn:aws:iam::123456789012:saml-provider/okta"),
            (
                "identityProviderArn: arn:aws:iam::123456789012:saml-provider/okta; make it "
                "arn:aws:iam::123456789012:saml-provider/claude-code-okta, or adopt.saml_provider_arn this one"
            ),
        ),
        (
            replace(OURS, user_name_template="${source.email}"),
            "userNameTemplate: ${source.email}; make the application username the Okta username: sessions are denied",
        ),
        (replace(OURS, user_name_suffix="@x"), "userNameTemplate: ${source.login}@x; make the application username"),
        (
            with_settings(webSSOAllowedClient=None),
            f"webSSOAllowedClient: missing; let the sign-in client {CLIENT} in (`Allowed Web SSO Client`)",
        ),
    ],
)
def test_each_setting_that_does_not_fit_is_named_with_what_to_change(app: AwsApp, line: str) -> None:
    [found] = mistakes(app)
    assert found.startswith(f"adopt.okta_app_id: {line}")


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(mistakes(AwsApp(status="INACTIVE", settings={}, user_name_template=""))) == 5


def test_the_sign_in_app_allows_what_the_client_asks_for() -> None:
    assert list(sign_in_app_mistakes(SignInApp(status="ACTIVE", grant_types=[*SIGN_IN_GRANTS, "refresh_token"]))) == []
    lines = list(sign_in_app_mistakes(SignInApp(status="INACTIVE", grant_types=["authorization_code"])))
    assert lines == [
        "adopt.okta_sign_in_app_id: status: INACTIVE; activate the app",
        (
            "adopt.okta_sign_in_app_id: grant_types: authorization_code; allow "
            "urn:ietf:params:oauth:grant-type:device_code, urn:ietf:params:oauth:grant-type:token-exchange too: "
            "okta-aws-cli needs them"
        ),
    ]


@pytest.mark.parametrize("text", ["", "[]", "{", "null"])
def test_settings_that_are_none_are_empty(text: str) -> None:
    assert settings_of(text) == {}
