"""The plan's four productivity metrics: what each is, what was seen of it, and whether a cohort has met its targets.

This runs in AWS Lambda too, where there is no pydantic: standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, cast

WEEK = timedelta(days=7)
# Of a cohort: a quarter, and far below what an SSM parameter takes (4,096 characters).
WEEKS_KEPT = 12
PERCENT = 100
# No figure and no number of samples is ever above; a NaN is not below either.
MOST = 10**9


@dataclass(frozen=True, kw_only=True)
class Metric:
    """`unit`: of its value. `samples`: what its figures are drawn from. `better`: the direction of success."""

    title: str
    unit: str
    samples: str
    better: Literal["lower", "higher"]
    floor: Literal["prs", "bugs"] | None
    """Which least number of samples holds for it; of people there are as many as there are."""


METRICS: Mapping[str, Metric] = {
    "pr_cycle_days": Metric(title="PR cycle time", unit="days", samples="pull requests", better="lower", floor="prs"),
    "prs_per_developer_week": Metric(
        title="PRs per developer and week", unit="PRs", samples="developer weeks", better="higher", floor=None
    ),
    "bug_reopen_percent": Metric(
        title="Bug reopen rate", unit="%", samples="closed bugs", better="lower", floor="bugs"
    ),
    "review_turnaround_hours": Metric(
        title="Code review turnaround", unit="hours", samples="reviewed pull requests", better="lower", floor="prs"
    ),
}


class State(StrEnum):
    MET = "met"
    NOT_MET = "not met"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True)
class Observed:
    """A figure and of how many samples it is."""

    value: float
    samples: int


@dataclass(frozen=True, kw_only=True)
class Week:
    """What was seen of a cohort from a Monday on, UTC, by metric. A metric without samples is left out."""

    monday: date
    observed: Mapping[str, Observed]


@dataclass(frozen=True, kw_only=True)
class Least:
    """What is enough data: whole weeks, and samples in all of them together."""

    weeks: int
    prs: int
    bugs: int


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Of one metric. `value`: none without samples. `line`: with the arithmetic, for a person."""

    metric: str
    state: State
    value: float | None
    line: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`state`: met where every target is; one that is missed decides, else one that cannot be judged."""

    state: State
    findings: Sequence[Finding]
    weeks: Sequence[Week]

    @property
    def lines(self) -> list[str]:
        return [finding.line for finding in self.findings]


def first_monday(opened: datetime) -> date:
    """Of the first week that is wholly after a cohort was opened."""
    day = opened.date()
    monday = day - timedelta(days=day.weekday())
    return monday if datetime.combine(monday, datetime.min.time(), opened.tzinfo) == opened else monday + WEEK


def judge(
    baseline: Mapping[str, float], targets: Mapping[str, float], weeks: Sequence[Week], since: date, least: Least
) -> Verdict:
    """Of the newest `least.weeks` weeks from `since` on. `targets`: by metric, each with a baseline.

    Weeks weigh by their samples. For shares and counts that is exact; of a median it is the mean of the weeks' medians.
    """
    known = sorted((week for week in weeks if week.monday >= since), key=lambda week: week.monday)[-least.weeks :]
    findings = [_finding(name, baseline[name], targets[name], known, least) for name in METRICS if name in targets]
    states = {finding.state for finding in findings}
    state = next((s for s in (State.NOT_MET, State.NOT_ENOUGH_DATA) if s in states), State.MET)
    return Verdict(state=state if findings else State.NOT_ENOUGH_DATA, findings=findings, weeks=known)


def _finding(name: str, baseline: float, target: float, weeks: Sequence[Week], least: Least) -> Finding:
    metric = METRICS[name]
    seen = [week.observed[name] for week in weeks if name in week.observed]
    samples = sum(observed.samples for observed in seen)
    value = sum(observed.value * observed.samples for observed in seen) / samples if samples else None
    floor = {"prs": least.prs, "bugs": least.bugs, None: 1}[metric.floor]
    wanted = f"target {_number(target)} ({_change(target, baseline)}), baseline {_number(baseline)} {metric.unit}"
    if value is None or samples < floor or len(weeks) < least.weeks:
        have = f"{len(weeks)} of {least.weeks} weeks, {samples} {metric.samples} of at least {floor}"
        return Finding(
            metric=name, state=State.NOT_ENOUGH_DATA, value=value, line=f"{name}: not enough data: {have}; {wanted}"
        )
    met = value <= target if metric.better == "lower" else value >= target
    state = State.MET if met else State.NOT_MET
    span = f"{len(weeks)} weeks from {weeks[0].monday} on, {samples} {metric.samples}"
    line = f"{name}: {state}: {_number(value)} ({_change(value, baseline)}) in {span}; {wanted}"
    return Finding(metric=name, state=state, value=value, line=line)


def percent_change(value: float, baseline: float) -> float:
    """Against the baseline, which is above zero."""
    return PERCENT * (value - baseline) / baseline


def _change(value: float, baseline: float) -> str:
    return f"{percent_change(value, baseline):+.1f} %"


def _number(value: float) -> str:
    return f"{value:.4g}"


def reaches(metric: str, target: float, baseline: float) -> bool:
    """Whether a target is an improvement, or at least none to the worse."""
    return target <= baseline if METRICS[metric].better == "lower" else target >= baseline


def written(weeks: Sequence[Week]) -> str:
    """The newest weeks as text of at most 4,096 characters, for `read`."""
    newest = sorted(weeks, key=lambda week: week.monday)[-WEEKS_KEPT:]
    plain = [
        {
            "monday": week.monday.isoformat(),
            **{name: [round(o.value, 3), o.samples] for name, o in sorted(week.observed.items())},
        }
        for week in newest
    ]
    return json.dumps(plain, separators=(",", ":"))


def read(text: str) -> list[Week]:
    """ValueError for what `written` did not write: it is what a gate is judged by."""
    plain: Any = json.loads(text)
    if not isinstance(plain, list):
        raise ValueError("not a list of weeks")  # noqa: TRY004  one kind of error for all that is not ours
    return [_week(week) for week in cast("list[Any]", plain)]


def _week(plain: Any) -> Week:
    if not isinstance(plain, dict):
        raise ValueError("not a week")  # noqa: TRY004
    fields = cast("dict[str, Any]", plain)
    observed = {name: Observed(*_pair(value)) for name, value in fields.items() if name in METRICS}
    return Week(monday=date.fromisoformat(str(fields.get("monday"))), observed=observed)


def _pair(value: Any) -> Iterator[Any]:
    match value:
        case [int() | float() as figure, int() as samples] if 0 <= figure <= MOST and 0 < samples <= MOST:
            return iter((float(figure), samples))
        case _:
            raise ValueError(f"not a figure and its samples: {str(value)[:80]}")
