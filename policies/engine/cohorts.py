"""Cohorts as they stand in a stack: what the component says of itself, and what its role is granted and denied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from policies.engine.iam import (
    ATTACHMENT,
    MANAGED_POLICY,
    NAMED_POLICY,
    PERMISSION_SET,
    ROLE,
    ROLE_POLICY,
    Statement,
    statements,
)
from policies.engine.resources import COHORT, UNKNOWN, Resource, Stack
from policies.engine.rules import Breach, Finding, Later
from rollout.levels import Level


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """`roles`: or permission sets, of which Identity Center makes one. `granted`: by inline policies, on whatever role,
    and by what a permission set names; `statements`: those on its own role, and what is attached to it.
    `unknown`: whether some are not known yet. `roster`: `rollout.people.composition.Composition.document`.
    `until`: when everybody's access ends; `ends`: how many names of sessions end at each time."""

    component: Resource
    level: Level | None
    valid_from: datetime | None
    stopped_members: int
    roles: Sequence[Resource]
    granted: Sequence[Statement]
    statements: Sequence[Statement]
    unknown: bool
    roster: Mapping[str, Any] | None
    until: datetime | None
    ends: Mapping[datetime, int]

    @property
    def name(self) -> str:
        return self.component.name

    @property
    def urn(self) -> str:
        return self.component.urn

    @property
    def resumed(self) -> bool:
        return self.valid_from is not None and self.level is Level.ACTIVE


def cohorts(stack: Stack) -> list[Cohort]:
    return [_cohort(stack, component) for component in stack.of(COHORT)]


def each_role_lacks(stack: Stack, mistakes: Callable[[Cohort], Iterator[str]]) -> Iterator[Finding]:
    """What `mistakes` finds lacking on the role of each cohort that has one; later, where a policy is not known yet."""
    for cohort in cohorts(stack):
        wrong = list(mistakes(cohort)) if cohort.roles else []
        if wrong and cohort.unknown:
            yield Later("policy", cohort.urn)
        else:
            yield from (Breach(text, cohort.urn) for text in wrong)


def _cohort(stack: Stack, component: Resource) -> Cohort:
    said: Any = component.props.get("standing")
    standing: Mapping[str, Any] = cast("Mapping[str, Any]", said) if isinstance(said, dict) else dict[str, Any]()
    level, valid_from, roster = (standing.get(key) for key in ("level", "valid_from", "roster"))
    ends = cast("Mapping[str, Any]", standing.get("ends") or {})
    roles = [*stack.under(component, ROLE), *stack.under(component, PERMISSION_SET)]
    granted, in_force, unknown = _policies(stack, component, {role.props.get("name") for role in roles})
    return Cohort(
        component=component,
        level=Level(level) if isinstance(level, str) and level in set(Level) else None,
        valid_from=datetime.fromisoformat(valid_from) if isinstance(valid_from, str) else None,
        stopped_members=int(standing.get("stopped_members") or 0),
        roles=roles,
        granted=granted,
        statements=in_force,
        unknown=unknown,
        roster=cast("Mapping[str, Any]", roster) if isinstance(roster, dict) else None,
        until=datetime.fromisoformat(until) if isinstance(until := standing.get("until"), str) else None,
        ends={datetime.fromisoformat(at): int(count) for at, count in ends.items()},
    )


def _policies(
    stack: Stack, component: Resource, roles: Collection[Any]
) -> tuple[list[Statement], list[Statement], bool]:
    """What counts against a cohort, what counts for it, and whether some is not known yet.

    Against it is every inline policy under it, or on its role; for it only what hangs on its role.
    """
    granted: list[Statement] = []
    in_force: list[Statement] = []
    unknown = False
    under = {policy.urn for policy in stack.under(component, ROLE_POLICY)}
    for policy in stack.of(ROLE_POLICY):
        role: Any = policy.props.get("role")
        here = role is not UNKNOWN and role in roles
        if not here and policy.urn not in under:
            continue
        text: Any = policy.props.get("policy") or ""
        unknown |= text is UNKNOWN or role is UNKNOWN
        found = [] if text is UNKNOWN else statements(text)
        granted += found
        in_force += found if here else []
    named = {_named(each) for each in stack.under(component, NAMED_POLICY)}
    for policy in stack.under(component, MANAGED_POLICY):
        text = policy.props.get("policy") or ""
        if policy.props.get("name") in named:
            unknown |= text is UNKNOWN
            found = [] if text is UNKNOWN else statements(text)
            granted += found
            in_force += found
            continue
        attached = [_attached(policy, each, roles) for each in stack.of(ATTACHMENT)]
        unknown |= None in attached or (True in attached and text is UNKNOWN)
        in_force += statements(text) if True in attached and text is not UNKNOWN else []
    return granted, in_force, unknown


def _named(attachment: Resource) -> Any:
    """Which policy a permission set names; composed, so that it is known in a preview."""
    said: Any = attachment.props.get("customerManagedPolicyReference")
    return cast("Mapping[str, Any]", said).get("name") if isinstance(said, dict) else None


def _attached(policy: Resource, attachment: Resource, roles: Collection[Any]) -> bool | None:
    """Whether it hangs this policy on one of these roles; None where only the update will know."""
    role: Any = attachment.props.get("role")
    arn: Any = attachment.props.get("policyArn")
    if role is not UNKNOWN and role not in roles:
        return False
    if UNKNOWN in (role, arn, policy.props.get("arn", UNKNOWN)):
        return None
    return arn == policy.props["arn"]
