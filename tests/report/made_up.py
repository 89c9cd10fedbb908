"""Facts of rollouts that never were, for the report's tests and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from rollout.levels import Level
from rollout.reconcile.books import Key
from rollout.reconcile.compare import Cause, Cell, Part, Reconciliation
from rollout.report.facts import Facts, LevelChange, NotReconciled, Source, Topic, Update, Use
from rollout.stack_file.load import load
from rollout.success import metrics
from rollout.success.metrics import Observed, Week
from tests import stacks

NOW = datetime(2026, 11, 25, 11, 30, tzinfo=UTC)
OPENED = datetime(2026, 9, 7, 8, tzinfo=UTC)
WAVE2 = datetime(2026, 10, 19, 8, tzinfo=UTC)
TARGETS = {
    "pr_cycle_days": 2.1,
    "prs_per_developer_week": 10,
    "bug_reopen_percent": 9.6,
    "review_turnaround_hours": 4.2,
}
HOSTILE = '</title><script>alert("x")</script>{{ 7*7 }}&<b>'


def facts() -> Facts:
    """Two open cohorts and a planned one; an incident that was over in time, one that was late, one that lasts."""
    content = stacks.content("sandbox")
    cohorts: dict[str, Any] = content["claude-code-rollout:cohorts"]
    cohorts["wave2"] = {
        "level": "restricted",
        "models": ["sonnet", "haiku"],
        "roster": "rosters/wave2.csv",
        "opened": WAVE2.isoformat(),
        "targets": TARGETS,
        "incident": {"id": "INC-23", "since": "2026-11-25T09:02:00Z", "reason": "A key was committed"},
    }
    cohorts["wave3"] = {"level": "planned", "models": ["haiku"], "roster": "rosters/wave3.csv"}
    rollout = load(stacks.as_engine(content), stacks.COMPANY, NOW)
    teams = {
        name: [(email, member.team) for email, member in sorted(cohort.members.items())]
        for name, cohort in rollout.cohorts.items()
    }
    return Facts(
        stack="sandbox",
        rollout=rollout,
        now=NOW,
        sources=[Source(topic=topic, where=f"where {topic.value} are kept", read_at=NOW) for topic in Topic],
        deployed={name: cohort.level.value for name, cohort in rollout.cohorts.items()},
        changes=list(changes()),
        updates=[Update(start=change.at - timedelta(minutes=3), end=change.at) for change in changes()],
        use=[*use("pilot", teams["pilot"], OPENED, 1), *use("wave2", teams["wave2"], WAVE2, 2)],
        weeks={
            "pilot": metrics.written(weeks(2.25, 9.6, 11.4, 4.7, 10)),
            "wave2": metrics.written(weeks(2.6, 8.9, 10.4, 5.2, 3)),
        },
        ringing=[],
        bill=bill(),
    )


def bill() -> Reconciliation:
    """Of October: a request that the meter missed, another that it never saw the caller of, and rounding."""

    def of(person: str, kind: str, billed: str, *parts: tuple[Cause, str]) -> Cell:
        difference = sum((Decimal(usd) for _, usd in parts), Decimal())
        return Cell(
            key=Key(cohort="pilot", person=person, model="sonnet", kind=kind),
            counted_tokens=0,
            billed_tokens=0,
            counted_usd=Decimal(billed) - difference,
            billed_usd=Decimal(billed),
            parts=tuple(Part(cause=cause, usd=Decimal(usd)) for cause, usd in parts),
        )

    alice, grace = "alice.chen@acme.example", "grace.liu@acme.example"
    return Reconciliation(
        month=date(2026, 10, 1),
        delivered=datetime(2026, 11, 4, 6, tzinfo=UTC),
        newest=date(2026, 10, 31),
        settled=True,
        cells=(
            of(alice, "input", "1812.40", (Cause.ROUNDING, "0.000041")),
            of(alice, "output", "1291.07", (Cause.NOT_COUNTED, "2.10"), (Cause.PRICE, "-0.35")),
            of(grace, "output", "4.20", (Cause.NOT_COUNTED, "0.40"), (Cause.UNSEEN, "3.80")),
        ),
        aside={},
    )


def changes() -> Iterator[LevelChange]:
    def of(
        at: str, cohort: str, before: Level, after: Level, incident: str | None = None, since: str = "", why: str = ""
    ) -> LevelChange:
        begin = datetime.fromisoformat(since) if since else None
        people = 25 if cohort == "pilot" else 13
        return LevelChange(at=datetime.fromisoformat(at), cohort=cohort, member=None, before=before, after=after, incident=incident, since=begin, reason=why or None, people=people)  # fmt: skip

    planned, active, restricted, throttled, suspended = (
        Level(each) for each in ("planned", "active", "restricted", "throttled", "suspended")
    )
    yield of("2026-09-07T08:00:00Z", "pilot", planned, active)
    yield of("2026-10-06T13:12:00Z", "pilot", active, suspended, "INC-7", "2026-10-06T12:20:00Z", "A key was committed")
    yield of("2026-10-08T09:00:00Z", "pilot", suspended, active, "INC-7")
    yield of("2026-10-19T08:00:00Z", "wave2", planned, active)
    yield of("2026-11-03T10:31:00Z", "pilot", active, restricted, "INC-15", "2026-11-03T10:10:00Z", "Odd pushes")
    yield of("2026-11-03T11:00:00Z", "pilot", restricted, throttled, "INC-15", "2026-11-03T10:10:00Z", "Odd pushes")
    yield of("2026-11-05T16:00:00Z", "pilot", throttled, active, "INC-15")
    yield of(
        "2026-11-25T09:11:00Z", "wave2", active, restricted, "INC-23", "2026-11-25T09:02:00Z", "A key was committed"
    )


def use(cohort: str, people: list[tuple[str, str]], opened: datetime, seed: int) -> Iterator[Use]:
    """More people week by week; few at weekends; dearer as people learn what it can do."""
    rng = Random(seed)  # noqa: S311
    for back in range((NOW.date() - opened.date()).days, -1, -1):
        day = NOW.date() - timedelta(days=back)
        grown = min(1.0, 0.45 + (day - opened.date()).days / 60)
        share = grown * (0.12 if day.weekday() > 4 else 0.92)
        for email, team in people:
            if rng.random() < share:
                usd = 5.5 * grown * rng.lognormvariate(0, 0.5)
                yield Use(day=day, cohort=cohort, team=team, person=email, usd=usd, requests=rng.randint(5, 90))


def weeks(cycle: float, prs: float, reopened: float, review: float, number: int) -> list[Week]:
    monday = date(2026, 11, 16)
    figures = {
        "pr_cycle_days": (cycle, 60),
        "prs_per_developer_week": (prs, 25),
        "bug_reopen_percent": (reopened, 9),
        "review_turnaround_hours": (review, 52),
    }
    return [
        Week(monday=monday - timedelta(weeks=back), observed={name: Observed(*each) for name, each in figures.items()})
        for back in range(number)
    ]


def hostile() -> Facts:
    """Text from outside that would be markup, were it not escaped; nothing of it is a name that AWS gave."""
    found = facts()
    first, *rest = found.rollout.organization.teams.items()
    organization = found.rollout.organization.model_copy(
        update={"name": HOSTILE, "teams": dict([(HOSTILE * 3, first[1]), *rest])}
    )
    cohorts = {
        (f"{name}{HOSTILE * 2}" if name == "pilot" else name): cohort for name, cohort in found.rollout.cohorts.items()
    }
    renamed = {
        email: member.model_copy(update={"team": HOSTILE * 3}) if member.team == first[0] else member
        for email, member in cohorts["wave2"].members.items()
    }
    cohorts["wave2"] = cohorts["wave2"].model_copy(update={"members": renamed})
    return replace(
        found,
        stack=HOSTILE,
        rollout=found.rollout.model_copy(update={"organization": organization, "cohorts": cohorts}),
        deployed={name: cohort.level.value for name, cohort in cohorts.items()},
        changes=[replace(change, reason=HOSTILE * 4, incident=HOSTILE) for change in found.changes or ()],
        use=[replace(row, team=HOSTILE * 3) for row in found.use or ()],
        sources=[
            replace(source, where=HOSTILE * 5, problem=HOSTILE if source.topic is Topic.ALARMS else None)
            for source in found.sources
        ],
        ringing=[HOSTILE],
    )


def unread() -> Facts:
    """Nothing but the stack file could be read."""
    found = facts()
    sources = [
        source
        if source.topic is Topic.FILE
        else replace(source, problem="EndpointConnectionError: no answer within 3 s")
        for source in found.sources
    ]
    return replace(
        found,
        sources=sources,
        deployed=None,
        changes=None,
        updates=None,
        use=None,
        weeks=None,
        ringing=None,
        bill=None,
    )


def newly_made() -> Facts:
    """Deployed this morning, and used by three people."""
    found = facts()
    cohorts = {
        "pilot": found.rollout.cohorts["pilot"].model_copy(
            update={"opened": datetime.combine(NOW.date(), time(8), UTC)}
        )
    }
    return replace(
        found,
        rollout=found.rollout.model_copy(update={"cohorts": cohorts}),
        deployed={"pilot": "active"},
        changes=[
            LevelChange(
                at=NOW - timedelta(hours=3), cohort="pilot", member=None, before=Level.PLANNED, after=Level.ACTIVE
            )
        ],
        updates=[Update(start=NOW - timedelta(hours=3, minutes=1), end=NOW - timedelta(hours=3))],
        use=[
            Use(day=NOW.date(), cohort="pilot", team="backend", person=f"p{n}@acme.example", usd=0.4, requests=3)
            for n in range(3)
        ],
        weeks={},
        bill=NotReconciled(why="AWS has not billed October 2026 yet"),
    )


def alarming() -> Facts:
    """More is wrong than a first screen holds."""
    return replace(facts(), ringing=[f"claude-code-number-{number}" for number in range(40)])


CASES = {"full": facts, "hostile": hostile, "unread": unread, "new": newly_made, "alarming": alarming}
