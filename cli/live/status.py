"""How a stack stands: its file, its outputs and what AWS says, side by side. What is not known is None, never zero."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from cli.live import alarms, aws, engine, in_force, incidents, okta_groups, profiles, roles, usage
from cli.live.alarms import AlarmState
from cli.live.asking import Unreachable, asked, asking
from cli.live.emergency import RoleState
from cli.live.engine import Outputs, Update
from cli.live.in_force import InForce
from cli.live.incidents import LevelChange
from cli.live.usage import CohortDay
from cli.stack_file.files import with_config
from cli.stack_file.listing import stack_path
from rollout import names
from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.model.rollout import Rollout

Found = TypeVar("Found")

ENDS_SOON = timedelta(days=14)
NOT_ALL = "Not everything could be asked"


@dataclass(frozen=True, kw_only=True)
class CohortStatus:
    """`level`, `members`: as the file says. `since`: when it came to that level. `is_deployed`:
    None where the outputs do not tell. `stopped`: members at a level of their
    own, which `apart` has by their address. `in_force`: what IAM, Okta and Macs have. `profiles`: of how many model
    labels the profile is live. Dollars: today and this month, UTC. `ended`: whose access
    has, and `ends`: whose will within `ENDS_SOON`, by their address."""

    name: str
    level: Level
    since: datetime | None
    is_deployed: bool | None
    incident: str | None
    members: int
    stopped: int
    models: int
    profiles: int | None
    last_used: datetime | None
    usd_today: float | None
    usd_month: float | None
    firing: Sequence[str]
    apart: Mapping[str, Level]
    in_force: InForce
    ended: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    ends: Mapping[str, datetime] = field(default_factory=dict[str, datetime])


@dataclass(frozen=True, kw_only=True)
class Status:
    """`differs`: where the file says otherwise than the outputs. `contradictions`: where IAM does otherwise than the
    file says. `drift`: what an update would do, once everything was asked; None unless asked for. `needs`: what
    somebody has to look at, a line each."""

    stack: str
    organization: str
    account: str | None
    at: datetime
    cohorts: Sequence[CohortStatus]
    usd_today: float | None
    usd_month: float | None
    monthly_usd: float
    alarms: Sequence[AlarmState] | None
    update: Update | None
    differs: Sequence[str] | None
    contradictions: Sequence[str]
    drift: Sequence[str] | None
    notes: Sequence[str]
    unreachable: Sequence[Unreachable]

    @property
    def firing(self) -> list[AlarmState]:
        return [alarm for alarm in self.alarms or () if alarm.firing]

    @property
    def away(self) -> str | None:
        """What is to be said first where something was not reached: that nothing needs a person is not known then."""
        sources = dict.fromkeys(each.source for each in self.unreachable)
        return f"{NOT_ALL}: {', '.join(sources)}" if sources else None

    @property
    def needs(self) -> list[str]:
        found = [*self.contradictions]
        found += [f"alarm {alarm.name}: {alarm.why}" for alarm in self.firing]
        found += [f"file and stack differ: {line}" for line in self.differs or ()]
        found += [f"drift: {line}" for line in self.drift or ()]
        if self.update and not self.update.succeeded:
            found.append(f"the last {self.update.kind} ended as {self.update.result}: run `pulumi up` again")
        if self.usd_month is not None and self.usd_month > self.monthly_usd:
            found.append(f"this month's spend of USD {self.usd_month:,.2f} is above the budget")
        return found


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the sources said, each by itself."""

    outputs: Outputs | Unreachable
    updates: list[Update] | Unreachable
    account: str | Unreachable
    days: list[CohortDay] | Unreachable
    used: Mapping[str, datetime] | Unreachable
    alarms: list[AlarmState] | Unreachable
    changes: list[LevelChange] | Unreachable
    profiles: set[str] | Unreachable
    roles: Mapping[str, RoleState | Unreachable] | Unreachable
    groups: Mapping[str, int | None] | Unreachable | None = None
    account_checked: bool = True
    drift: list[str] | Unreachable | None = None


def read(project: Path, stack: str, now: datetime) -> tuple[Rollout, Told]:
    """All sources but drift, side by side. Nothing of AWS is read with credentials of another account.

    Raises StackFileError and CommandError where the stack file itself cannot be read; its secrets are not needed.
    """
    path = stack_path(project, stack)
    rollout, config = with_config(path)
    made = asked("AWS", aws.clients, config)
    with asking() as ask:
        outputs_, updates_ = (
            ask.of("stack outputs", engine.outputs, project, stack),
            ask.of("stack history", engine.updates, project, stack),
        )
        outputs = outputs_.get()
        if isinstance(made, Unreachable):
            return rollout, _without_aws(outputs, updates_.get(), made)
        expected = aws.expected_accounts(config, {} if isinstance(outputs, Unreachable) else outputs)
        account = ask.of("AWS", aws.checked_account, made, expected).get()
        if isinstance(account, Unreachable):
            return rollout, _without_aws(outputs, updates_.get(), account)
        today = now.astimezone(UTC).date()
        days = ask.of("spend", usage.cohorts_by_day, made, rollout.logged, today.replace(day=1), today)
        used = ask.of("last activity", usage.last_activity, made, rollout.logged, now)
        states = ask.of("alarms", alarms.alarm_states, made, rollout)
        changes = ask.of("incident log", incidents.level_changes, made)
        live = ask.of("inference profiles", profiles.live_profiles, made)
        held = ask.of("IAM", roles.role_states, made, {*rollout.cohorts, *_deployed_cohorts(outputs)})
        groups = (
            ask.of("Okta", okta_groups.people_in_groups, rollout.okta.domain, os.environ, account, rollout.of_people)
            if os.environ.get("OKTA_API_TOKEN")
            else None
        )
        return rollout, Told(
            outputs=outputs,
            updates=updates_.get(),
            account=account,
            account_checked=bool(expected),
            days=days.get(),
            used=used.get(),
            alarms=states.get(),
            changes=changes.get(),
            profiles=live.get(),
            roles=held.get(),
            groups=groups.get() if groups else None,
        )


def _without_aws(outputs: Outputs | Unreachable, updates: list[Update] | Unreachable, gone: Unreachable) -> Told:
    return Told(
        outputs=outputs,
        updates=updates,
        account=gone,
        days=gone,
        used=gone,
        alarms=gone,
        changes=gone,
        profiles=gone,
        roles=gone,
    )


def with_drift(told: Told, drift: list[str] | Unreachable) -> Told:
    return replace(told, drift=drift)


def status(stack: str, rollout: Rollout, told: Told, now: datetime) -> Status:
    outputs, days = _or_none(told.outputs), _or_none(told.days)
    today = now.astimezone(UTC).date()
    notes: list[str] = []
    if outputs is not None and not outputs.get("cohorts"):
        notes.append(f"nothing is deployed yet: `pulumi up --stack {stack}`")
    if not told.account_checked and _or_none(told.account):
        notes.append(f"nothing says that account {told.account} is the stack's; set aws:allowedAccountIds")
    sources = (
        *(told.outputs, told.updates, told.account, told.days, told.used, told.alarms, told.changes, told.profiles),
        *(told.roles, told.groups, told.drift),
        *_states(told).values(),
    )
    return Status(
        stack=stack,
        organization=rollout.organization.name,
        account=_or_none(told.account),
        at=now,
        cohorts=[_cohort(name, cohort, told, now) for name, cohort in sorted(rollout.cohorts.items())],
        usd_today=None if days is None else sum(day.usd for day in days if day.day == today),
        usd_month=None if days is None else sum(day.usd for day in days),
        monthly_usd=rollout.budgets.monthly_usd,
        alarms=_or_none(told.alarms),
        update=engine.last_update(_or_none(told.updates) or []),
        differs=None if outputs is None else in_force.differences(rollout, outputs),
        contradictions=list(_contradictions(stack, rollout, told)),
        drift=None if (drift := _or_none(told.drift)) is None else [*drift, *_beside_the_engine(told)],
        notes=notes,
        unreachable=list(dict.fromkeys(source for source in sources if isinstance(source, Unreachable))),
    )


def _states(told: Told) -> Mapping[str, RoleState | Unreachable]:
    none: Mapping[str, RoleState | Unreachable] = {}
    return none if isinstance(told.roles, Unreachable) else told.roles


def _contradictions(stack: str, rollout: Rollout, told: Told) -> Iterator[str]:
    """Also of a cohort that the file has taken out, whose role may still be there."""
    for name in sorted(_states(told)):
        found = in_force.in_force(name, told.roles, None, None, None)
        yield from in_force.needs(name, rollout.cohorts.get(name), found, _deployed(told.outputs, name), stack)


def _beside_the_engine(told: Told) -> Iterator[str]:
    """What no update makes or takes away, and the engine does not see."""
    for name, state in sorted(_states(told).items()):
        for each in () if isinstance(state, Unreachable) else state.emergencies:
            yield f"emergency Deny {each.policy} on {names.role(name)}, which no update lifts"


def _cohort(name: str, cohort: Cohort, told: Told, now: datetime) -> CohortStatus:
    days, used, states = _or_none(told.days), _or_none(told.used), _or_none(told.alarms)
    of_days = None if days is None else [day for day in days if day.cohort == name]
    came = incidents.level_since(_or_none(told.changes) or [], name, cohort.level)
    since = came.at if came else None
    if since is None and cohort.incident and cohort.level.needs_incident:
        since = cohort.incident.since
    arns: Mapping[str, str] = _deployed(told.outputs, name).get("profile_arns") or {}
    live = _or_none(told.profiles)
    macs = None if isinstance(told.outputs, Unreachable) else told.outputs.get("macs")
    cut = incidents.level_since(_or_none(told.changes) or [], name, Level.SUSPENDED)
    apart = {email: own for email in sorted(cohort.holders) if (own := cohort.level_of(email)) is not cohort.level}
    ends = {email: end for email in sorted(cohort.holders) if (end := cohort.end_of(email))}
    return CohortStatus(
        name=name,
        level=cohort.level,
        since=since,
        is_deployed=None if isinstance(told.outputs, Unreachable) else bool(_deployed(told.outputs, name)),
        incident=cohort.incident.id if cohort.incident and cohort.level.needs_incident else None,
        members=len(cohort.holders),
        stopped=len(apart),
        models=len(cohort.models) if cohort.level.effects.role else 0,
        profiles=None if live is None or isinstance(told.outputs, Unreachable) else len(live & set(arns.values())),
        last_used=used.get(name) if used else None,
        usd_today=None if of_days is None else sum(day.usd for day in of_days if day.day == now.astimezone(UTC).date()),
        usd_month=None if of_days is None else sum(day.usd for day in of_days),
        firing=[alarm.name for alarm in states or () if alarm.firing and alarm.cohort == name],
        apart=apart,
        in_force=in_force.in_force(name, told.roles, told.groups, macs, cut.at if cut else None),
        ended={email: end for email, end in ends.items() if end <= now},
        ends={email: end for email, end in ends.items() if now < end <= now + ENDS_SOON},
    )


def _deployed(outputs: Outputs | Unreachable, cohort: str) -> Mapping[str, Any]:
    return _deployed_cohorts(outputs).get(cohort) or {}


def _deployed_cohorts(outputs: Outputs | Unreachable) -> Mapping[str, Mapping[str, Any]]:
    found = None if isinstance(outputs, Unreachable) else outputs.get("cohorts")
    return cast("Mapping[str, Mapping[str, Any]]", found or {})


def _or_none(found: Found | Unreachable | None) -> Found | None:
    return None if isinstance(found, Unreachable) else found
