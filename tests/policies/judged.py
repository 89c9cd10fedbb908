"""The pack held against what a program would register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.engine.resources import Resource, Stack
from policies.engine.rules import Breach, Later, ResourceRule, StackRule, findings
from policies.rules import RESOURCE_RULES, STACK_RULES
from tests.registrations import Recorded


def inputs(run: Recorded) -> list[Resource]:
    """As a rule on resources sees them."""
    return [_resource(r, opened(r.inputs)) for r in run.order if not r.read]


def stack(run: Recorded) -> Stack:
    """As a rule on the stack does: what came of them."""
    return Stack([_resource(r, opened(run.outputs_of.get(r.urn, r.inputs))) for r in run.order if not r.read])


def _resource(registered: Any, props: Mapping[str, Any]) -> Resource:
    return Resource(
        type=registered.type,
        name=registered.name,
        urn=registered.urn,
        props=props,
        protect=registered.protect,
        parent=registered.parent or None,
    )


def opened(value: Any) -> Any:
    """Secrets as the SDK hands them to a pack: in clear, without their mark."""
    if isinstance(value, dict):
        if value.get("4dabf18193072939515e22adb298388d") == "1b47061264138c4ac30d75fd1eb44270":
            return opened(value["value"])
        return {key: opened(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [opened(inner) for inner in value]
    return value


def said(subjects: Sequence[Resource], whole: Stack) -> Iterator[tuple[str, Breach | Later, bool]]:
    """(rule, finding, mandatory) of all rules on all of it."""
    for resource in subjects:
        for rule in RESOURCE_RULES:
            yield from ((rule.name, found, rule.mandatory) for found in findings(rule, resource) or ())
    for rule in STACK_RULES:
        yield from ((rule.name, found, rule.mandatory) for found in findings(rule, whole) or ())


def of_run(run: Recorded) -> list[tuple[str, Breach | Later, bool]]:
    return list(said(inputs(run), stack(run)))


def mandatory(run: Recorded) -> set[str]:
    """Names of the rules that a run breaks and that would end its preview."""
    return {name for name, found, hard in of_run(run) if hard and isinstance(found, Breach)}


def lines(run: Recorded) -> list[str]:
    return [f"{name}: {found.text}" for name, found, _ in of_run(run) if isinstance(found, Breach)]


def rule(name: str) -> ResourceRule | StackRule:
    [found] = [each for each in (*RESOURCE_RULES, *STACK_RULES) if each.name == name]
    return found
