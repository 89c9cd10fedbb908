"""What the pack says of itself: rules that must wait for a value, and exceptions that were used. Advice, never silent.

The SDK turns a rule that touches an unknown value into advice by itself. Here a rule says what it waits for, and each
is named in one line per resource; the update judges it, and `make policies` judges what there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.engine.exceptions import exception
from policies.engine.resources import Resource, Stack
from policies.engine.rules import Breach, Finding, Later, ResourceRule, Severity, StackRule, findings

WAITING = {
    "description": "Says which rules could not judge a value that only the update will know; the update does.",
    "remediation": "Nothing in a preview. After the update: `make policies STACK=...` judges what there is.",
    "url": "https://www.pulumi.com/docs/iac/concepts/inputs-outputs/",
}
EXCEPTED = {
    "description": "Says which rules are excepted, for how long and why, each time an exception is used.",
    "remediation": "Mend it before it expires, and take it out of `policy_exceptions`.",
    "url": "https://www.pulumi.com/docs/insights/policy/",
}


def notes(resource_rules: Sequence[ResourceRule], stack_rules: Sequence[StackRule]) -> list[ResourceRule | StackRule]:
    def waiting(resource: Resource) -> Iterator[Finding]:
        yield from _waiting(resource_rules, resource, resource.urn)

    def waiting_stack(stack: Stack) -> Iterator[Finding]:
        yield from _waiting(stack_rules, stack, None)

    def used(resource: Resource) -> Iterator[Finding]:
        yield from _used(resource_rules, resource, resource.urn)

    def used_stack(stack: Stack) -> Iterator[Finding]:
        yield from _used(stack_rules, stack, None)

    low = {"severity": Severity.LOW, "mandatory": False}
    return [
        ResourceRule(name="not-known-yet", types=None, judge=waiting, **low, **WAITING),  # type: ignore[arg-type]
        StackRule(name="not-known-yet-of-the-stack", judge=waiting_stack, applies=_always, **low, **WAITING),  # type: ignore[arg-type]
        ResourceRule(name="exception-used", types=None, judge=used, **low, **EXCEPTED),  # type: ignore[arg-type]
        StackRule(name="exception-used-of-the-stack", judge=used_stack, applies=_always, **low, **EXCEPTED),  # type: ignore[arg-type]
    ]


def _always(stack: Stack) -> bool:  # noqa: ARG001
    return True


def _waiting(
    rules: Sequence[ResourceRule | StackRule], subject: Resource | Stack, urn: str | None
) -> Iterator[Finding]:
    later: dict[tuple[str, str | None], list[str]] = {}
    for rule in rules:
        for finding in findings(rule, subject) or ():
            if isinstance(finding, Later) and rule.mandatory:
                later.setdefault((finding.what, finding.urn or urn), []).append(rule.name)
    for (what, where), names in later.items():
        yield Breach(
            f"{what} is not known before the update, which will judge it: {', '.join(dict.fromkeys(names))}", where
        )


def _used(rules: Sequence[ResourceRule | StackRule], subject: Resource | Stack, urn: str | None) -> Iterator[Finding]:
    for rule in rules:
        for finding in findings(rule, subject) or ():
            where = finding.urn or urn or ""
            if isinstance(finding, Breach) and (found := exception(rule.name, where)):
                yield Breach(f"{found.line} ({finding.text})", where)
