"""Every cohort's role trusts the one provider that the federation is; that of machines GitHub, where it is declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.engine.accounts import FEDERATION
from policies.engine.iam import ROLE, sole_principal, statements
from policies.engine.resources import UNKNOWN, Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from policies.rules.iam.trust_is_named import ACCESS

WORKFLOWS: Final = "claude:rollout:WorkflowIssuer"


def judge(stack: Stack) -> Iterator[Finding]:
    ours: list[Any] = [each.props.get("provider_arn") for each in stack.of(FEDERATION, WORKFLOWS)]
    for role in stack.of(ROLE):
        text: Any = role.props.get("assumeRolePolicy") or ""
        if ACCESS not in role.ancestors or text is UNKNOWN:
            continue  # `trust-is-named` has said so
        for statement in statements(text):
            principal: Any = statement.principal
            provider = principal.get("Federated") if isinstance(principal, dict) else principal  # pyright: ignore
            # Of a role of AWS's in its place `trust-is-named` judges.
            if statement.allow and sole_principal(statement, "AWS") is None and provider not in ours:
                yield Breach(f"trusts {provider}; the federation is {', '.join(map(str, ours))}", role.urn)


RULE = StackRule(
    name="trusts-our-federation",
    severity=Severity.CRITICAL,
    description="A cohort's role trusts the stack's own identity provider and no other.",
    remediation="Use `rollout.federation.provider_arn`; one that exists already is named in `adopt`.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html",
    # Without it, Okta was silent, and no role changes what it trusts.
    applies=lambda stack: bool(stack.of(FEDERATION)),
    judge=judge,
)
