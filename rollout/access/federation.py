"""How Okta's word becomes an AWS session: the two modes differ here and in `components.identity.federation` alone."""

from __future__ import annotations

from typing import Any

from rollout import names
from rollout.account import Account
from rollout.model.rollout import Federation, Rollout

Document = dict[str, Any]


def provider_arn(rollout: Rollout, account: Account) -> str:
    """Of the identity provider that roles trust; composed from its name, so that it is known before there is one."""
    if rollout.federation is Federation.SAML:
        return rollout.adopt.saml_provider_arn or account.iam(f"saml-provider/{names.SAML_PROVIDER}")
    return rollout.adopt.oidc_provider_arn or account.iam(f"oidc-provider/{rollout.okta.domain}")


def trust_policy(rollout: Rollout, account: Account, cohort: str) -> Document:
    """Who may take a cohort's role.

    SAML: whoever Okta's signed assertion gives this role, addressed to AWS's sign-in. OIDC: whoever holds a token for
    this cohort's own app, under a session name equal to the token's subject, which is otherwise the caller's to choose
    (domain 2.2).
    """
    if rollout.federation is Federation.SAML:
        action, condition = "sts:AssumeRoleWithSAML", {"SAML:aud": account.saml_audience}
    else:
        action = "sts:AssumeRoleWithWebIdentity"
        condition = {
            f"{rollout.okta.domain}:aud": names.cohort_app(account.id, cohort),
            "sts:RoleSessionName": f"${{{rollout.okta.domain}:sub}}",
        }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CohortSignIn",
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn(rollout, account)},
                "Action": action,
                "Condition": {"StringEquals": condition},
            }
        ],
    }


def aws_app_settings(rollout: Rollout, account: Account, sign_in_client_id: str) -> Document:
    """Settings of Okta's catalogue app *AWS Account Federation*.

    A group named `aws_<account>_<role>` gives that role; only this account's and this project's groups are read. No key
    may be null or empty, and a default that Okta fills in must be named, or each refresh shows a change (okta-api 7).
    """
    environments = {"aws": "aws.amazon", "aws-us-gov": "aws.govcloud", "aws-cn": "aws.china"}
    provider = provider_arn(rollout, account)
    arn = f"arn:{account.partition}:iam::${{accountid}}"
    return {
        "appFilter": "okta",
        "awsEnvironmentType": environments[account.partition],
        "groupFilter": rf"^aws_(?{{{{accountid}}}}{account.id})_(?{{{{role}}}}{names.PREFIX}-[a-z0-9]+)$",
        "identityProviderArn": provider,
        "joinAllRoles": False,
        "loginURL": "https://console.aws.amazon.com/ec2/home",
        "roleValuePattern": f"{arn}:{provider.rpartition(':')[2]},{arn}:role/${{role}}",
        "sessionDuration": rollout.session_minutes * 60,
        "useGroupMapping": True,
        "webSSOAllowedClient": sign_in_client_id,
    }
