"""What a rule is, and what it can say: compliant, breach, not applicable; and of a value nobody knows yet, later."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from policies.engine.resources import Resource, Stack


class Severity(StrEnum):
    """As in the engine's own output."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Verdict(StrEnum):
    COMPLIANT = "compliant"
    BREACH = "breach"
    NOT_APPLICABLE = "not applicable"
    LATER = "not known yet"


@dataclass(frozen=True)
class Breach:
    """What is wrong, in one line. `urn`: which resource it is about, to a rule on the stack."""

    text: str
    urn: str | None = None


@dataclass(frozen=True)
class Later:
    """What is not known in a preview and is judged in the update, and on exported state."""

    what: str
    urn: str | None = None


Finding = Breach | Later


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`mandatory`: a breach is a hole, and ends a preview; else it is advice."""

    name: str
    severity: Severity
    mandatory: bool = True
    description: str
    remediation: str
    url: str


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """Judged before a resource is made or changed. `types`: which it concerns; none for all."""

    types: Collection[str] | None
    judge: Callable[[Resource], Iterator[Finding]]
    applies: Callable[[Resource], bool] = lambda resource: True  # noqa: ARG005

    def concerns(self, resource: Resource) -> bool:
        return self.of_type(resource.type) and self.applies(resource)

    def of_type(self, kind: str) -> bool:
        return self.types is None or kind in self.types


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """Judged at the end of a preview or update, on what there is then."""

    judge: Callable[[Stack], Iterator[Finding]]
    applies: Callable[[Stack], bool]

    def concerns(self, stack: Stack) -> bool:
        return self.applies(stack)


def findings(rule: ResourceRule | StackRule, subject: Resource | Stack) -> list[Finding] | None:
    """None where the rule does not apply."""
    if isinstance(rule, ResourceRule) and isinstance(subject, Resource):
        return list(rule.judge(subject)) if rule.concerns(subject) else None
    if isinstance(rule, StackRule) and isinstance(subject, Stack):
        return list(rule.judge(subject)) if rule.concerns(subject) else None
    return None


def verdict(rule: ResourceRule | StackRule, subject: Resource | Stack) -> Verdict:
    found = findings(rule, subject)
    if found is None:
        return Verdict.NOT_APPLICABLE
    if any(isinstance(finding, Breach) for finding in found):
        return Verdict.BREACH
    return Verdict.LATER if found else Verdict.COMPLIANT
