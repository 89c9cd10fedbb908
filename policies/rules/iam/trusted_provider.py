"""Every cohort's role trusts the one provider that the federation is, or the one gateway in its place; that of machines
GitHub, where it is declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from policies.engine.accounts import FEDERATION
from policies.engine.iam import ROLE, sole_principal, statements
from policies.engine.resources import UNKNOWN, Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from policies.rules.iam.gateway_trust import is_people
from policies.rules.iam.trust_is_named import ACCESS

WORKFLOWS: Final = "claude:rollout:WorkflowIssuer"


def judge(stack: Stack) -> Iterator[Finding]:
    ours: list[Any] = [each.props.get("provider_arn") for each in stack.of(WORKFLOWS)]
    okta: list[Any] = [each.props.get("provider_arn") for each in stack.of(FEDERATION)]
    gateways: list[Any] = [arn for each in stack.of(FEDERATION) if (arn := each.props.get("gateway_role_arn"))]
    for role in stack.of(ROLE):
        text: Any = role.props.get("assumeRolePolicy") or ""
        if ACCESS not in role.ancestors or text is UNKNOWN:
            continue  # `trust-is-named` has said so
        for statement in statements(text):
            if not statement.allow:
                continue
            principal: Any = statement.principal
            provider = principal.get("Federated") if isinstance(principal, dict) else principal  # pyright: ignore
            if is_people(statement):
                if (trusted := sole_principal(statement, "AWS")) not in gateways:
                    yield Breach(f"trusts {trusted}; the gateway is {_listed(gateways) or 'none'}", role.urn)
            elif gateways and provider in okta:
                text = f"trusts {provider} beside the gateway {_listed(gateways)}, which people then go round"
                yield Breach(text, role.urn)
            # Of a machine's role in its place `trust-is-named` judges.
            elif sole_principal(statement, "AWS") is None and provider not in (*okta, *ours):
                yield Breach(f"trusts {provider}; the federation is {_listed([*okta, *ours])}", role.urn)


def _listed(arns: list[Any]) -> str:
    return ", ".join(map(str, arns))


RULE = StackRule(
    name="trusts-our-federation",
    severity=Severity.CRITICAL,
    description=(
        "A cohort's role trusts the stack's own identity provider and no other; where there is a gateway, its role "
        "alone."
    ),
    remediation="Use `rollout.federation.provider_arn`; one that exists already is named in `adopt`.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_saml.html",
    # Without it, Okta was silent, and no role changes what it trusts.
    applies=lambda stack: bool(stack.of(FEDERATION)),
    judge=judge,
)
