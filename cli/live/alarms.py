"""In which state a stack's alarms are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cli.live.aws import Clients
from rollout import names
from rollout.model.rollout import Rollout
from rollout.observability.alarms import shared_alarms


@dataclass(frozen=True, kw_only=True)
class AlarmState:
    """`cohort`: none of what all share. `state`: `OK`, `ALARM` or `INSUFFICIENT_DATA`. `why`: as CloudWatch says it.
    `description`: what it means, and what to do (`rollout.observability.alarms`)."""

    name: str
    cohort: str | None
    state: str
    since: datetime
    why: str
    description: str

    @property
    def firing(self) -> bool:
        return self.state == "ALARM"


def alarm_states(clients: Clients, rollout: Rollout) -> list[AlarmState]:
    """Those of a stack, by name. Of another stack in the same account, none."""
    shared = {alarm.name for alarm in shared_alarms(rollout)}
    pages = (
        clients("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=f"{names.PREFIX}-", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    )
    found: list[AlarmState] = []
    for page in pages:
        given: Iterable[Mapping[str, Any]] = [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]
        for alarm in given:
            name = str(alarm["AlarmName"])
            cohort = None if name in shared else cohort_of(rollout, name)
            if cohort or name in shared:
                found.append(_state(alarm, cohort))
    return sorted(found, key=lambda alarm: alarm.name)


def cohort_of(rollout: Rollout, alarm: str) -> str | None:
    """A cohort's name has no hyphen, so what is before the next one is all of it."""
    cohort = alarm.removeprefix(f"{names.PREFIX}-").partition("-")[0]
    return cohort if cohort in rollout.logged else None


def _state(alarm: Mapping[str, Any], cohort: str | None) -> AlarmState:
    return AlarmState(
        name=str(alarm["AlarmName"]),
        cohort=cohort,
        state=str(alarm["StateValue"]),
        since=alarm["StateUpdatedTimestamp"].astimezone(UTC),
        why=" ".join(str(alarm.get("StateReason") or "").split()),
        description=str(alarm.get("AlarmDescription") or ""),
    )
