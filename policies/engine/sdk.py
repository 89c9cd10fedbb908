"""Rules as Pulumi's SDK takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as SdkSeverity

from policies.engine.exceptions import exception
from policies.engine.opened_once import once
from policies.engine.resources import Resource, Stack, plain
from policies.engine.rules import Breach, ResourceRule, Rule, StackRule, findings

_plain = once(plain)


def as_policy(rule: ResourceRule | StackRule) -> Policy:
    if isinstance(rule, ResourceRule):
        return ResourceValidationPolicy(validate=_of_resource(rule), **_words(rule))
    return StackValidationPolicy(validate=_of_stack(rule), **_words(rule))


def _words(rule: Rule) -> Mapping[str, Any]:
    return {
        "name": rule.name,
        "description": rule.description,
        "enforcement_level": EnforcementLevel.MANDATORY if rule.mandatory else EnforcementLevel.ADVISORY,
        "severity": SdkSeverity(rule.severity.value),
        "remediation_steps": rule.remediation,
        "url": rule.url,
    }


def _of_resource(rule: ResourceRule) -> Any:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if not rule.of_type(args.resource_type):
            args.not_applicable()
        _report(rule, _resource(args.resource_type, args), args.urn, args, report)

    return validate


def _of_stack(rule: StackRule) -> Any:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [_resource(r.resource_type, r, r.parent.urn if r.parent else None) for r in args.resources]
        _report(rule, Stack(resources), "", args, report)

    return validate


def _resource(kind: str, given: Any, parent: str | None = None) -> Resource:
    return Resource(
        type=kind,
        name=given.name,
        urn=given.urn,
        props=_plain(given.props),
        protect=bool(given.opts.protect),
        parent=parent or given.opts.parent or None,
    )


def _report(
    rule: ResourceRule | StackRule,
    subject: Resource | Stack,
    urn: str,
    args: ResourceValidationArgs | StackValidationArgs,
    report: ReportViolation,
) -> None:
    found = findings(rule, subject)
    if found is None:
        args.not_applicable()
    for breach in breaches(rule, found or (), urn):
        report(breach.text, breach.urn)


def breaches(rule: Rule, found: Iterable[Any], urn: str) -> list[Breach]:
    """Without those that are excepted."""
    return [each for each in found if isinstance(each, Breach) and not exception(rule.name, each.urn or urn)]
