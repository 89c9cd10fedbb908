"""Why a month cannot be reconciled, as far as the stack file tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from rollout.model.rollout import Rollout


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """`line`: what, where and what to do, for whoever asked for that month. `short`: for a report's reader."""

    line: str
    short: str


def obstacles(rollout: Rollout, month: date, today: date) -> Iterator[Obstacle]:
    """All at once. `month`: its first day."""
    if rollout.billing_export is None:
        yield Obstacle(
            line="billing_export: missing in the stack file, so there is no bill by person; see docs/stack-file.md",
            short="no billing_export in the stack file",
        )
    if rollout.adopt.meter:
        yield Obstacle(
            line="adopt.meter: the meter is another stack's; reconcile there", short="the meter is another stack's"
        )
    if not rollout.logged:
        yield Obstacle(
            line="cohorts: none has a usage log, so nothing was counted", short="no cohort has a usage log yet"
        )
    age = (today - month).days
    for cohort in rollout.logged:
        kept = rollout.retention_days(cohort)
        if kept < age:
            yield Obstacle(
                line=f"cohorts.{cohort}: its usage log keeps {kept} days, and {month:%Y-%m} began {age} days ago; "
                "reconcile a month when it is over, or raise logs.retention_days",
                short=f"the usage log of {cohort} keeps {kept} days, too few for {month:%B %Y}",
            )
