"""A workflow's role is given to one repository in one environment, that of the role's own name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial

from policies.engine.iam import ROLE, Statement, each_trust, equals, many, sole_principal
from policies.engine.resources import Resource
from policies.engine.rules import Finding, ResourceRule, Severity
from policies.engine.workflows import of_workflows
from rollout import names

ISSUER = names.WORKFLOW_ISSUER
PROVIDER = re.compile(rf"arn:[a-z-]+:iam::\d{{12}}:oidc-provider/{re.escape(ISSUER)}")
# A wildcard is of no character here, so a subject that has one is none.
SUBJECT = re.compile(r"repo:[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]+:environment:([a-z0-9-]+)")
PERSONS = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[^*?]+")


def judge(resource: Resource) -> Iterator[Finding]:
    name = resource.props.get("name")
    return each_trust(resource, _on_call if name == names.ON_CALL_ROLE else partial(_mistakes, name))


def _on_call(statement: Statement) -> Iterator[str]:
    trusted = many(sole_principal(statement, "AWS"))
    if not trusted or not all(PERSONS.fullmatch(str(one)) for one in trusted):
        yield f"trusts {json.dumps(statement.principal)}, not named roles of an account alone"
    if statement.actions != ("sts:AssumeRole",):
        yield f"lets them {', '.join(statement.actions)}, not sts:AssumeRole alone"


def _mistakes(name: object, statement: Statement) -> Iterator[str]:
    provider = sole_principal(statement, "Federated")
    if not isinstance(provider, str) or not PROVIDER.fullmatch(provider):
        yield f"trusts {json.dumps(statement.principal)}, not GitHub's provider alone"
    if statement.actions != ("sts:AssumeRoleWithWebIdentity",):
        yield f"lets it {', '.join(statement.actions)}, not sts:AssumeRoleWithWebIdentity alone"
    if _equal(statement, f"{ISSUER}:aud") != "sts.amazonaws.com":
        yield f"without {ISSUER}:aud = sts.amazonaws.com under StringEquals: a token meant for others would do"
    subject = SUBJECT.fullmatch(_equal(statement, f"{ISSUER}:sub") or "")
    if not subject:
        yield f"without {ISSUER}:sub = repo:<owner>/<name>:environment:<one> under StringEquals"
    elif name != names.workflow_role(subject[1]):
        yield f"is given in environment {subject[1]}, which is not that of its name"


def _equal(statement: Statement, key: str) -> str | None:
    """The one value that a key must equal."""
    values = equals(statement, key)
    return values[0] if len(values) == 1 else None


RULE = ResourceRule(
    name="workflow-trust-is-exact",
    severity=Severity.CRITICAL,
    description=(
        "A workflow's role trusts GitHub with an exact audience and an exact subject: one repository, and the "
        "environment of the role's name; that for on-call, named roles."
    ),
    remediation="Use `rollout.pipeline.policies.workflow_trust`.",
    url="https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws",
    types={ROLE},
    applies=of_workflows,
    judge=judge,
)
