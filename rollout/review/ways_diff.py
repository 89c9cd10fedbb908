"""By which way people come to Bedrock, where a change of a stack file gives them another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rollout.access.residual import lasting_minutes
from rollout.model.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class WayChange:
    """Of a cohort's people. `before`, `after`: a gateway's address; None for Okta's sign-in to AWS itself. `minutes`:
    how long sessions that exist live on, at most."""

    cohort: str
    before: str | None
    after: str | None
    people: int
    minutes: int


def way_changes(base: Rollout | None, head: Rollout | None) -> Iterator[WayChange]:
    if not base or not head:
        return
    before, after = (each.gateway.url if each.gateway else None for each in (base, head))
    for name in sorted({*base.declared} & {*head.declared}) if before != after else ():
        cohort = head.declared[name]
        if cohort.level.effects.role and not cohort.machines:
            yield WayChange(
                cohort=name,
                before=before,
                after=after,
                people=len(cohort.members),
                minutes=lasting_minutes(base, by_gateway=before is not None),
            )
