"""Whom a role trusts: a cohort's our federation, with its audience; any other an AWS service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from policies.engine.iam import ROLE, Statement, bound, each_trust, many, sole_principal
from policies.engine.resources import Resource
from policies.engine.rules import Finding, ResourceRule, Severity
from policies.engine.workflows import of_program
from policies.rules.iam import gateway_trust, machine_trust

ACCESS: Final = "claude:rollout:Access"
PROVIDER = re.compile(r"arn:[a-z-]+:iam::\d{12}:(saml|oidc)-provider/(.+)")
ACCOUNT = re.compile(r"\d{12}")
SIGN_INS = {
    f"https://{host}/saml" for host in ("signin.aws.amazon.com", "signin.amazonaws-us-gov.com", "signin.amazonaws.cn")
}
# These say no source account when they take a role (Lambda developer guide, execution role; Amazon Q Developer).
WITHOUT_SOURCE = {"lambda.amazonaws.com", "chatbot.amazonaws.com"}
SERVICES = WITHOUT_SOURCE | {"bedrock.amazonaws.com", "ecs-tasks.amazonaws.com", "scheduler.amazonaws.com"}


def judge(resource: Resource) -> Iterator[Finding]:
    return each_trust(resource, _of_cohort if ACCESS in resource.ancestors else _service)


def _of_cohort(statement: Statement) -> Iterator[str]:
    provider = sole_principal(statement, "Federated")
    if gateway_trust.is_people(statement):
        yield from gateway_trust.role(statement)
    elif sole_principal(statement, "AWS") is not None:
        yield from machine_trust.role(statement)
    elif isinstance(provider, str) and provider.endswith(f":oidc-provider/{machine_trust.ISSUER}"):
        yield from machine_trust.workflow(statement)
    else:
        yield from _federated(statement)


def _federated(statement: Statement) -> Iterator[str]:
    provider = sole_principal(statement, "Federated")
    known = PROVIDER.fullmatch(provider) if isinstance(provider, str) else None
    if not known:
        yield f"trusts {json.dumps(statement.principal)}, which is no identity provider of an account"
    elif known[1] == "saml":
        if statement.actions != ("sts:AssumeRoleWithSAML",):
            yield f"lets it {', '.join(statement.actions)}, not sts:AssumeRoleWithSAML alone"
        if not _equals(statement, "saml:aud", SIGN_INS):
            yield "without SAML:aud of AWS's sign-in: an assertion meant for somebody else would do"
    else:
        if statement.actions != ("sts:AssumeRoleWithWebIdentity",):
            yield f"lets it {', '.join(statement.actions)}, not sts:AssumeRoleWithWebIdentity alone"
        if not _equals(statement, f"{known[2]}:aud".lower()):
            yield f"without {known[2]}:aud: a token for any app would do"
        if not _equals(statement, "sts:rolesessionname", {f"${{{known[2]}:sub}}"}):
            yield f"without sts:RoleSessionName = {known[2]}:sub: people could use each other's names"


def _equals(statement: Statement, key: str, allowed: set[str] | None = None) -> bool:
    return bound(
        statement, key, {"StringEquals"}, lambda value: "*" not in value and (allowed is None or value in allowed)
    )


def _service(statement: Statement) -> Iterator[str]:
    named = sole_principal(statement, "Service")
    services = set(many(named)) if named else set[str]()
    if not services or services - SERVICES:
        yield f"trusts {json.dumps(statement.principal)}; only one of {', '.join(sorted(SERVICES))}"
    elif services - WITHOUT_SOURCE and not bound(
        statement, "aws:SourceAccount", {"StringEquals"}, lambda account: bool(ACCOUNT.fullmatch(account))
    ):
        yield f"trusts {', '.join(sorted(services))} on behalf of any account; add StringEquals aws:SourceAccount"
    if statement.actions != ("sts:AssumeRole",):
        yield f"lets it {', '.join(statement.actions)}, not sts:AssumeRole alone"


RULE = ResourceRule(
    name="trust-is-named",
    severity=Severity.CRITICAL,
    description=(
        "A cohort's role trusts an identity provider with its audience, under oidc with the session's name bound to "
        "the token; or a gateway's role, under its members' addresses or their domains; that of machines each of them "
        "exactly, under one session's name; any other role an AWS service, on behalf of this account where the service "
        "says so."
    ),
    remediation="Use `rollout.federation.trust_policy`, or `plain_trust_policy` and `service_trust_policy`.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html",
    types={ROLE},
    applies=of_program,  # to a workflow `workflow-trust-is-exact` applies
    judge=judge,
)
