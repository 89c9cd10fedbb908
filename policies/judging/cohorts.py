"""Cohorts as they stand in a stack: what the component says of itself, and what its role is granted and denied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from policies.judging.iam import MANAGED_POLICY, ROLE, ROLE_POLICY, Statement, statements
from policies.judging.resources import COHORT, UNKNOWN, Resource, Stack
from rollout.levels import Level


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """`granted`: by inline policies; `statements`: those and what is attached, without the boundary. `unknown`: whether
    some are not known yet. `roster`: `rollout.composition.Composition.document`."""

    component: Resource
    level: Level | None
    valid_from: datetime | None
    stopped_members: int
    roles: Sequence[Resource]
    granted: Sequence[Statement]
    statements: Sequence[Statement]
    unknown: bool
    roster: Mapping[str, Any] | None

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


def _cohort(stack: Stack, component: Resource) -> Cohort:
    said: Any = component.props.get("standing")
    standing: Mapping[str, Any] = cast("Mapping[str, Any]", said) if isinstance(said, dict) else dict[str, Any]()
    level, valid_from, roster = (standing.get(key) for key in ("level", "valid_from", "roster"))
    roles = stack.under(component, ROLE)
    bounds = {role.props.get("permissionsBoundary") for role in roles}
    inline: list[Statement] = []
    attached: list[Statement] = []
    unknown = False
    for policy in stack.under(component, ROLE_POLICY, MANAGED_POLICY):
        text: Any = policy.props.get("policy") or ""
        if policy.type == MANAGED_POLICY and (policy.props.get("arn") in bounds or policy.name.endswith("-boundary")):
            continue
        if text is UNKNOWN:
            unknown = True
        else:
            (inline if policy.type == ROLE_POLICY else attached).extend(statements(text))
    return Cohort(
        component=component,
        level=Level(level) if isinstance(level, str) and level in set(Level) else None,
        valid_from=datetime.fromisoformat(valid_from) if isinstance(valid_from, str) else None,
        stopped_members=int(standing.get("stopped_members") or 0),
        roles=roles,
        granted=inline,
        statements=[*inline, *attached],
        unknown=unknown,
        roster=cast("Mapping[str, Any]", roster) if isinstance(roster, dict) else None,
    )
