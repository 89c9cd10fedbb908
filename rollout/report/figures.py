"""All figures of a report, computed from what was read. What could not be read is None, and its section says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rollout.access.residual import Residual, residual_access
from rollout.levels import Level
from rollout.model.cohort import Cohort
from rollout.model.rollout import Rollout
from rollout.people.composition import Composition, advice, composition
from rollout.reconcile.compare import Reconciliation
from rollout.report.adoption import Adoption, adoption
from rollout.report.bill import Bill, bill
from rollout.report.facts import Facts, NotReconciled, Source, Topic
from rollout.report.response import Step, open_incidents, steps
from rollout.report.spend import Spend, spend
from rollout.report.timeline import Span, spans
from rollout.success.gates import verdict_of
from rollout.success.metrics import METRICS, State, percent_change

# What the page shows unless told otherwise: logs are kept for 90 days, and a chart of less than two weeks says nothing.
MOST_DAYS, LEAST_DAYS = 90, 14


@dataclass(frozen=True, kw_only=True)
class Team:
    """Of one cohort. `times`: how many times the others' share of their head-counts; none without others."""

    name: str
    people: int
    headcount: int
    champions: int
    times: float | None

    @property
    def share(self) -> float:
        return self.people / self.headcount


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A cohort. `level`: in force, as far as that could be read. `wanted`: the stack file's. `with_access`: members
    whose own level leaves them something, and whose end is not past."""

    name: str
    level: Level
    wanted: Level
    members: int
    with_access: int
    spans: Sequence[Span]
    composition: Composition
    teams: Sequence[Team]
    advice: Sequence[str]

    @property
    def since(self) -> datetime | None:
        return self.spans[-1].start


@dataclass(frozen=True, kw_only=True)
class Success:
    """One metric of one cohort. `value`: none without samples. `change`: percent against the baseline."""

    cohort: str
    metric: str
    title: str
    unit: str
    baseline: float
    target: float
    value: float | None
    state: State
    change: float | None
    target_change: float
    line: str


@dataclass(frozen=True, kw_only=True)
class Figures:
    """`bill` is None where no month could be reconciled: `not_reconciled` says why, or else its source's problem."""

    organization: str
    stack: str
    made_at: datetime
    since: date
    headcount: int
    with_access: int
    cohorts: Sequence[Standing]
    adoption: Adoption | None
    spend: Spend | None
    success: Sequence[Success]
    success_problems: Mapping[str, str]
    steps: Sequence[Step] | None
    open_steps: Sequence[Step]
    promises: Mapping[Level, Residual]
    ringing: Sequence[str] | None
    bill: Bill | None
    not_reconciled: str | None
    sources: Sequence[Source]

    @property
    def today(self) -> date:
        return self.made_at.date()

    def problem(self, topic: Topic) -> str | None:
        return next((source.problem for source in self.sources if source.topic is topic), None)


def figures(facts: Facts) -> Figures:
    rollout, today = facts.rollout, facts.now.astimezone(UTC).date()
    cohorts = [_standing(facts, name, cohort) for name, cohort in sorted(rollout.cohorts.items(), key=_order)]
    since = facts.since or _since(facts, cohorts, today)
    members = {each.name: each.with_access for each in cohorts if each.with_access}
    found = steps(facts.changes, facts.updates) if facts.changes is not None else None
    success, success_problems = _success(facts)
    return Figures(
        organization=rollout.organization.name,
        stack=facts.stack,
        made_at=facts.now.astimezone(UTC),
        since=since,
        headcount=sum(team.headcount for team in rollout.organization.teams.values()),
        with_access=sum(members.values()),
        cohorts=cohorts,
        adoption=adoption(facts.use, members, today, since) if facts.use is not None else None,
        spend=spend(facts.use, rollout.budgets, today, since) if facts.use is not None else None,
        success=success,
        success_problems=success_problems,
        steps=[step for step in found if step.in_force.date() >= since] if found is not None else None,
        open_steps=list(open_incidents(found or []).values()),
        promises=residual_access(rollout),
        ringing=facts.ringing,
        bill=bill(facts.bill) if isinstance(facts.bill, Reconciliation) else None,
        not_reconciled=facts.bill.why if isinstance(facts.bill, NotReconciled) else None,
        sources=facts.sources,
    )


def _order(item: tuple[str, Cohort]) -> tuple[bool, float, str]:
    """Open ones first, in the order in which they opened."""
    name, cohort = item
    opened = cohort.opened.timestamp() if cohort.opened else float("inf")
    return cohort.level is Level.PLANNED, opened, name


def _since(facts: Facts, cohorts: Sequence[Standing], today: date) -> date:
    """A few days before the first thing that is known."""
    starts = [span.start.date() for each in cohorts for span in each.spans if span.start]
    days = [row.day for row in facts.use or ()]
    first = min([*starts, *days], default=today) - timedelta(days=2)
    return min(max(first, today - timedelta(days=MOST_DAYS)), today - timedelta(days=LEAST_DAYS))


def _standing(facts: Facts, name: str, cohort: Cohort) -> Standing:
    level = _in_force(facts, name, cohort)
    changes = [change for change in facts.changes or () if change.cohort == name and change.member is None]
    found = composition(facts.rollout, name)
    return Standing(
        name=name,
        level=level,
        wanted=cohort.level,
        members=len(cohort.members),
        with_access=_with_access(cohort.as_of(facts.now), level),
        spans=spans(cohort, changes, level),
        composition=found,
        teams=_teams(facts.rollout, found),
        advice=[text for _, text in advice(found)],
    )


def _in_force(facts: Facts, name: str, cohort: Cohort) -> Level:
    """What no update has made yet is nobody's; where the outputs could not be read, the file is taken at its word."""
    if facts.deployed is None:
        return cohort.level
    deployed = facts.deployed.get(name, Level.PLANNED.value)
    return Level(deployed) if deployed in list(Level) else cohort.level


def _with_access(cohort: Cohort, level: Level) -> int:
    """`level`: the one in force, which may take more than the stack file's, or less."""
    members = [member for email, member in cohort.members.items() if email not in cohort.ended]
    levels = [max(level, member.level or level, key=lambda each: each.rank) for member in members]
    return sum(each.effects.models != "none" for each in levels)


def _teams(rollout: Rollout, found: Composition) -> list[Team]:
    everybody = sum(found.headcounts.values())
    teams: list[Team] = []
    for name in rollout.organization.teams:
        people, headcount = found.people.get(name, 0), found.headcounts[name]
        others, of = found.size - people, everybody - headcount
        times = (people / headcount) / (others / of) if others and of else None
        champions = found.champions.get(name, 0)
        teams.append(Team(name=name, people=people, headcount=headcount, champions=champions, times=times))
    return teams


def _success(facts: Facts) -> tuple[list[Success], dict[str, str]]:
    """Of each cohort with targets that is open; and why those that cannot be read cannot."""
    rollout, found, problems = facts.rollout, list[Success](), dict[str, str]()
    for name, cohort in rollout.declared.items():
        if not (cohort.targets and cohort.opened and rollout.success):
            continue
        try:
            verdict = verdict_of(rollout, name, (facts.weeks or {}).get(name))
        except ValueError as error:
            problems[name] = f"the weeks of {name} cannot be read: {error}"
            continue
        baseline, targets = rollout.success.baseline.model_dump(), cohort.targets.given
        for each in verdict.findings:
            metric, start = METRICS[each.metric], baseline[each.metric]
            found.append(
                Success(
                    cohort=name,
                    metric=each.metric,
                    title=metric.title,
                    unit=metric.unit,
                    baseline=start,
                    target=targets[each.metric],
                    value=each.value,
                    state=each.state,
                    change=percent_change(each.value, start) if each.value is not None else None,
                    target_change=percent_change(targets[each.metric], start),
                    line=each.line,
                )
            )
    return found, problems
