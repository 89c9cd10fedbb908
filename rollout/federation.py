"""How Okta's word becomes an AWS session: the two modes differ here and in `components.federation` alone."""

from __future__ import annotations

from typing import Any

from rollout import names
from rollout.account import Account
from rollout.config import Federation

Document = dict[str, Any]


def trust_policy(
    federation: Federation, account: Account, provider_arn: str, okta_domain: str, cohort: str
) -> Document:
    """Who may take a cohort's role.

    SAML: whoever Okta's signed assertion gives this role, addressed to AWS's sign-in. OIDC: whoever holds a token for
    this cohort's own app, under a session name equal to the token's subject, which is otherwise the caller's to choose
    (domain 2.2).
    """
    if federation is Federation.SAML:
        action, condition = "sts:AssumeRoleWithSAML", {"SAML:aud": account.saml_audience}
    else:
        action = "sts:AssumeRoleWithWebIdentity"
        condition = {
            f"{okta_domain}:aud": names.cohort_app(account.id, cohort),
            "sts:RoleSessionName": f"${{{okta_domain}:sub}}",
        }
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "CohortSignIn",
                "Effect": "Allow",
                "Principal": {"Federated": provider_arn},
                "Action": action,
                "Condition": {"StringEquals": condition},
            }
        ],
    }


def aws_app_settings(account: Account, provider_arn: str, session_minutes: int, sign_in_client_id: str) -> Document:
    """Settings of Okta's catalogue app *AWS Account Federation*.

    A group named `aws_<account>_<role>` gives that role; only this account's and this project's groups are read. No key
    may be null or empty, and a default that Okta fills in must be named, or each refresh shows a change (okta-api 7).
    """
    environments = {"aws": "aws.amazon", "aws-us-gov": "aws.govcloud", "aws-cn": "aws.china"}
    arn = f"arn:{account.partition}:iam::${{accountid}}"
    return {
        "appFilter": "okta",
        "awsEnvironmentType": environments[account.partition],
        "groupFilter": rf"^aws_(?{{{{accountid}}}}{account.id})_(?{{{{role}}}}{names.PREFIX}-[a-z0-9]+)$",
        "identityProviderArn": provider_arn,
        "joinAllRoles": False,
        "loginURL": "https://console.aws.amazon.com/ec2/home",
        "roleValuePattern": f"{arn}:{provider_arn.rpartition(':')[2]},{arn}:role/${{role}}",
        "sessionDuration": session_minutes * 60,
        "useGroupMapping": True,
        "webSSOAllowedClient": sign_in_client_id,
    }
