"""No two machines have one identity or one name between them, and nobody else is let in beside machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policies.engine.iam import ROLE, equals, statements
from policies.engine.resources import UNKNOWN, Stack
from policies.engine.rules import Breach, Finding, Severity, StackRule
from policies.rules.iam.gateway_trust import is_people
from policies.rules.iam.machine_trust import identity, is_machine
from policies.rules.iam.trust_is_named import ACCESS


def judge(stack: Stack) -> Iterator[Finding]:
    taken: dict[tuple[str, str], str] = {}
    for role in stack.of(ROLE):
        text: Any = role.props.get("assumeRolePolicy") or ""
        if ACCESS not in role.ancestors or text is UNKNOWN:
            continue  # `trust-is-named` has said so
        allowed = [statement for statement in statements(text) if statement.allow]
        machines = [statement for statement in allowed if is_machine(statement) and not is_people(statement)]
        if machines and len(machines) != len(allowed):
            yield Breach("lets in people beside machines, as one of which they could count and be denied", role.urn)
        for statement in machines:
            called = ", ".join(equals(statement, "sts:RoleSessionName"))
            for what, value in (("identity", identity(statement)), ("name", called)):
                if value and (other := taken.get((what, value))):
                    yield Breach(f"a machine's {what} {value} is that of another too, by {other}", role.urn)
                taken[what, value] = role.name


RULE = StackRule(
    name="machines-are-told-apart",
    severity=Severity.CRITICAL,
    description="Each machine has an identity and a name of its own; where machines are let in, no people are.",
    remediation="Give each machine a workflow, or a role, that no other has; `rollout check` says which share one.",
    url="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html",
    applies=lambda stack: bool(stack.of(ACCESS)),
    judge=judge,
)
