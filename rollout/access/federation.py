"""How somebody's word becomes an AWS session: a function for each provider of identity that a role can trust.

People are vouched for by Okta, in one of two modes, or by a gateway that they signed in to
(`rollout.access.gateway_trust`); a machine by GitHub, or by the role that it has already. Another provider is another
function here, and in `components.identity` what it needs once per account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rollout import names, okta_names
from rollout.access import gateway_trust
from rollout.account import Account
from rollout.incidents.cut_record import Record
from rollout.model.cohort import Machine
from rollout.model.machines import GithubWorkflow
from rollout.model.rollout import Federation, Rollout

Document = dict[str, Any]

# Whom GitHub's tokens are for, as `aws-actions/configure-aws-credentials` asks for them.
WORKFLOW_AUDIENCE = "sts.amazonaws.com"


def provider_arn(rollout: Rollout, account: Account) -> str:
    """Of Okta's identity provider, which roles trust; composed from its name, so that it is known before there is
    one. Under Identity Center, whose roles trust it by themselves, its instance."""
    if rollout.identity_center:
        return rollout.identity_center.instance_arn
    if rollout.federation is Federation.SAML:
        return rollout.adopt.saml_provider_arn or account.iam(f"saml-provider/{names.SAML_PROVIDER}")
    return rollout.adopt.oidc_provider_arn or account.iam(f"oidc-provider/{rollout.okta.domain}")


def workflow_provider_arn(account: Account) -> str:
    """Of GitHub's, of which an account has one."""
    return account.iam(f"oidc-provider/{names.WORKFLOW_ISSUER}")


def trust_policy(rollout: Rollout, account: Account, cohort: str, record: Record | None = None) -> Document:
    """Who may take a cohort's role. The same at every level: a Deny must not wait for a change that IAM may refuse, as
    it does where a machine's role is gone. `record`: of cuts, for how Okta spells people's addresses."""
    found = rollout.cohorts[cohort]
    statements = [machine(account, name, each) for name, each in sorted(found.machines.items())]
    if not statements and rollout.gateway:
        role_arn = gateway_trust.role_of(rollout.gateway, account)
        statements = gateway_trust.statements(role_arn, gateway_trust.spellings(found.members, record))
    return {"Version": "2012-10-17", "Statement": statements or [PEOPLE[rollout.federation](rollout, account, cohort)]}


def okta_saml(rollout: Rollout, account: Account, cohort: str) -> Document:  # noqa: ARG001  the assertion names the role
    """Whoever Okta's signed assertion gives this role, addressed to AWS's sign-in."""
    return _people(rollout, account, "sts:AssumeRoleWithSAML", {"SAML:aud": account.saml_audience})


def okta_oidc(rollout: Rollout, account: Account, cohort: str) -> Document:
    """Whoever holds a token for this cohort's own app, under a session name equal to the token's subject, which is
    otherwise the caller's to choose (domain 2.2)."""
    issuer = rollout.okta.domain
    return _people(
        rollout,
        account,
        "sts:AssumeRoleWithWebIdentity",
        {f"{issuer}:aud": okta_names.cohort_app(account.id, cohort), "sts:RoleSessionName": f"${{{issuer}:sub}}"},
    )


PEOPLE: Mapping[Federation, Callable[[Rollout, Account, str], Document]] = {
    Federation.SAML: okta_saml,
    Federation.OIDC: okta_oidc,
}


def machine(account: Account, name: str, each: Machine) -> Document:
    """One statement per machine, so that none can take another's name, by which it is denied and counted. Without a
    Sid: a trust policy has room for 2,048 characters."""
    return github(account, name, each.github) if each.github else iam_role(name, str(each.role))


def github(account: Account, name: str, workflow: GithubWorkflow) -> Document:
    """A job of one repository, in one environment or on one ref (GitHub documentation, OpenID Connect in AWS; of
    its number, Service Authorization Reference, AWS STS)."""
    wanted = {
        f"{names.WORKFLOW_ISSUER}:aud": WORKFLOW_AUDIENCE,
        f"{names.WORKFLOW_ISSUER}:sub": workflow.subject,
    }
    if workflow.repository_id:
        wanted[f"{names.WORKFLOW_ISSUER}:repository_id"] = workflow.repository_id
    return _bound(name, {"Federated": workflow_provider_arn(account)}, "sts:AssumeRoleWithWebIdentity", wanted)


def iam_role(name: str, arn: str) -> Document:
    """Whoever has this role, of whatever account; a session out of a session lasts an hour at most (IAM user guide,
    role chaining)."""
    return _bound(name, {"AWS": arn}, "sts:AssumeRole", {})


def _bound(name: str, principal: Document, action: str, wanted: Mapping[str, str]) -> Document:
    return {
        "Effect": "Allow",
        "Principal": principal,
        "Action": action,
        "Condition": {"StringEquals": {**wanted, "sts:RoleSessionName": name}},
    }


def _people(rollout: Rollout, account: Account, action: str, condition: Document) -> Document:
    return {
        "Sid": "CohortSignIn",
        "Effect": "Allow",
        "Principal": {"Federated": provider_arn(rollout, account)},
        "Action": action,
        "Condition": {"StringEquals": condition},
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
