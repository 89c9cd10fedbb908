"""Every chart as a table: what a screen reader reads, and whoever wants the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rollout.access.residual import Residual
from rollout.report.figures import Figures, Standing, Success
from rollout.report.response import Step
from rollout.report.words import day, figure, lasted, level_word, minutes, moment, percent, signed, usd


@dataclass(frozen=True, kw_only=True)
class Table:
    """`numeric`: the columns that are aligned to the right, from 0."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()


def levels(found: Figures) -> Table:
    rows = [
        (
            cohort.name,
            level_word(span.level),
            moment(span.start) if span.start else "before what is known",
            lasted(span.start, span.end or found.made_at) if span.start else "",
            span.incident or "",
        )
        for cohort in found.cohorts
        for span in cohort.spans
    ]
    return Table(columns=("Cohort", "Level", "From", "For", "Incident"), rows=rows, numeric=frozenset({3}))


def teams(cohort: Standing) -> Table:
    rows = [
        (
            team.name,
            str(team.people),
            str(team.headcount),
            percent(team.share),
            f"{team.times:.1f}" if team.times is not None else "",
            str(team.champions),
        )
        for team in cohort.teams
    ]
    columns = ("Team", "In the cohort", "Head-count", "Share", "Times the others' share", "Champions")
    return Table(columns=columns, rows=rows, numeric=frozenset(range(1, 6)))


def seniority(cohort: Standing) -> Table:
    counts = cohort.composition.seniority
    rows = [(kind, str(counts.get(kind, 0))) for kind in ("senior", "mid", "junior")]
    unknown = cohort.composition.size - sum(counts.values())
    return Table(columns=("Seniority", "People"), rows=[*rows, ("not said", str(unknown))], numeric=frozenset({1}))


def people(found: Figures) -> Table:
    daily = found.adoption.daily if found.adoption else dict[date, int]()
    rows = [(day(each), str(count)) for each, count in daily.items() if count]
    return Table(columns=("Day, UTC", "Active people"), rows=rows[::-1], numeric=frozenset({1}))


def adoption(found: Figures) -> Table:
    """By cohort, of the last seven days; what a single person used is nobody's to read here."""
    rows = [
        (
            each.cohort,
            str(each.members),
            str(each.people),
            percent(each.share),
            f"${each.usd:,.2f}" if each.usd is not None else "-",
            f"${each.usd_each:,.2f}" if each.usd_each is not None else "-",
        )
        for each in (found.adoption.by_cohort if found.adoption else ())
    ]
    columns = ("Cohort", "With access", "Active in 7 days", "Share", "USD", "USD each active person")
    return Table(columns=columns, rows=rows, numeric=frozenset(range(1, 6)))


def costs(found: Figures) -> Table:
    daily = found.spend.all_daily if found.spend else dict[date, float]()
    rows = [(day(each), f"${amount:,.2f}") for each, amount in daily.items() if amount]
    return Table(columns=("Day, UTC", "USD"), rows=rows[::-1], numeric=frozenset({1}))


def month(found: Figures) -> Table:
    if not (spend := found.spend):
        return Table(columns=(), rows=())
    amounts = {"So far": spend.spent}
    if ahead := spend.projection:
        for label, amount in (("Expected", ahead.expected), ("At least", ahead.low), ("At most", ahead.high)):
            amounts[f"{label} at the month's end"] = amount
    amounts |= {"People are told at": spend.alert, "Budget": spend.budget}
    rows = [
        (label, usd(amount), "-" if (share := spend.share(amount)) is None else percent(share))
        for label, amount in amounts.items()
    ]
    return Table(columns=(f"{spend.month:%B %Y}", "USD", "Of budget"), rows=rows, numeric=frozenset({1, 2}))


def success(found: Sequence[Success]) -> Table:
    rows = [
        (
            f"{each.title}, {each.unit}",
            figure(each.baseline),
            figure(each.target),
            figure(each.value) if each.value is not None else "none",
            f"{each.change:+.0f} %" if each.change is not None else "",
            each.state.value,
        )
        for each in found
    ]
    columns = ("Metric", "Baseline", "Target", "Now", "Change", "Verdict")
    return Table(columns=columns, rows=rows, numeric=frozenset({1, 2, 3, 4}))


def steps(found: Sequence[Step]) -> Table:
    rows = [
        (
            f"{step.whose}: {level_word(step.level)}",
            step.incident or "",
            step.reason or "",
            moment(step.in_force),
            minutes(step.minutes) if step.minutes is not None else "not known",
            step.counted.value if step.counted else "",
            minutes(step.allowed),
            {True: "in time", False: "late", None: "not known"}[step.met],
            lasted(step.in_force, step.lifted) if step.lifted else "still so",
        )
        for step in found
    ]
    columns = ("What", "Incident", "Why", "In force", "Took", "Counted", "Allowed", "Verdict", "Lasted")
    return Table(columns=columns, rows=rows, numeric=frozenset({4, 6, 8}))


def promises(found: Figures) -> Table:
    def shown(value: int | None) -> str:
        return minutes(value) if value is not None else "does not apply"

    rows = [
        (
            level_word(level),
            minutes(each.service_level),
            shown(each.aws),
            shown(each.okta),
            shown(each.mac),
            _held(each),
        )
        for level, each in found.promises.items()
    ]
    columns = (
        "Level",
        "The plan allows",
        "AWS denies within",
        "Okta sessions end within",
        "Macs follow within",
        "Plan",
    )
    return Table(columns=columns, rows=rows, numeric=frozenset({1, 2, 3, 4}))


def bill(found: Figures) -> Table:
    rows = [
        (each.cause, "explained" if each.explained else "to be looked at", str(each.people), signed(each.usd))
        for each in (found.bill.causes if found.bill else ())
    ]
    return Table(columns=("Cause", "State", "People", "Billed less counted"), rows=rows, numeric=frozenset({2, 3}))


def _held(each: Residual) -> str:
    """A level that only Macs could show is none of this stack's, where nothing is pushed to them."""
    if (each.aws, each.okta, each.mac) == (None, None, None):
        return "not by this stack"
    return "holds" if each.met else "does not hold"


def sources(found: Figures) -> Table:
    rows = [
        (each.topic.value, each.where, moment(each.read_at), f"not read: {each.problem}" if each.problem else "read")
        for each in found.sources
    ]
    return Table(columns=("What", "From", "When", "State"), rows=rows)
