"""A workflow's role is given to one repository in one environment, that of the role's own name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from policies.judging.iam import ROLE, Statement, equals, statements
from policies.judging.resources import UNKNOWN, Resource
from policies.judging.rules import Breach, Finding, ResourceRule, Severity
from policies.judging.workflows import of_workflows
from rollout import names

ISSUER = names.WORKFLOW_ISSUER
PROVIDER = re.compile(rf"arn:[a-z-]+:iam::\d{{12}}:oidc-provider/{re.escape(ISSUER)}")
# A wildcard is of no character here, so a subject that has one is none.
SUBJECT = re.compile(r"repo:[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]+:environment:([a-z0-9-]+)")


def judge(resource: Resource) -> Iterator[Finding]:
    text: Any = resource.props.get("assumeRolePolicy") or ""
    if text is UNKNOWN:
        yield Breach("whom it trusts is not known in a preview; compose ARNs from names")
        return
    found = [statement for statement in statements(text) if statement.allow]
    if not found:
        yield Breach("its trust policy has no Allow, or is no document")
    for statement in found:
        yield from (Breach(f"{statement.sid}: {mistake}") for mistake in _mistakes(statement, resource.props))


def _mistakes(statement: Statement, props: Any) -> Iterator[str]:
    principal: Any = statement.principal
    provider = principal.get("Federated") if isinstance(principal, dict) and len(principal) == 1 else None  # pyright: ignore
    if not isinstance(provider, str) or not PROVIDER.fullmatch(provider):
        yield f"trusts {json.dumps(principal)}, not GitHub's provider alone"
    if statement.actions != ("sts:AssumeRoleWithWebIdentity",):
        yield f"lets it {', '.join(statement.actions)}, not sts:AssumeRoleWithWebIdentity alone"
    if _equal(statement, f"{ISSUER}:aud") != "sts.amazonaws.com":
        yield f"without {ISSUER}:aud = sts.amazonaws.com under StringEquals: a token meant for others would do"
    subject = SUBJECT.fullmatch(_equal(statement, f"{ISSUER}:sub") or "")
    if not subject:
        yield f"without {ISSUER}:sub = repo:<owner>/<name>:environment:<one> under StringEquals"
    elif props.get("name") != names.workflow_role(subject[1]):
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
        "environment of the role's name."
    ),
    remediation="Use `rollout.deployment.workflow_trust`.",
    url="https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws",
    types={ROLE},
    applies=of_workflows,
    judge=judge,
)
