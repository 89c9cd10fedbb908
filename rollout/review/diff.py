"""What one stack file changes of another: who gains access, who loses it, which levels and models, at what cost.

For whoever reviews a pull request. It compares what people may do, and not lines: a moved line is no change, and a new
default of a cohort is one for everybody in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rollout.levels import Level
from rollout.model.cohort import Cohort, Incident, Machine, Member
from rollout.model.rollout import Rollout
from rollout.review.ends_diff import EndChange, end_changes
from rollout.review.sessions_diff import SessionChange, session_changes
from rollout.review.settings_diff import Change, member_settings, settings
from rollout.review.ways_diff import WayChange, way_changes
from rollout.stack_file.budget_consistency import ACTIVE_DAYS, USD_PER_ACTIVE_DAY


@dataclass(frozen=True, kw_only=True)
class Access:
    """What one person may do. `models`: labels that may be invoked; none where there is no access, or none any more."""

    cohort: str
    level: Level
    models: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PersonChange:
    """`before` and `after`: None where the person is in no cohort that is declared."""

    email: str
    name: str
    team: str
    before: Access | None
    after: Access | None

    @property
    def gained(self) -> tuple[str, ...]:
        return _missing(self.after, self.before)

    @property
    def lost(self) -> tuple[str, ...]:
        return _missing(self.before, self.after)


@dataclass(frozen=True, kw_only=True)
class LevelChange:
    """Of a cohort, or of the member `email` alone. `people`: how many it concerns. `is_new`: there was no such cohort,
    which counts as `planned`."""

    cohort: str
    email: str | None
    before: Level
    after: Level
    incident: Incident | None
    people: int
    is_new: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelChange:
    """A cohort's profile. `before` and `after`: what it is copied from; None where there is none.

    Another source is another profile with another ARN: clients that hold the old one stop working until they have
    their new settings.
    """

    cohort: str
    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True, kw_only=True)
class Cost:
    """`people`: who may use Claude Code. `usd`: what so many use in a month by published averages. `budget`: USD."""

    people: int
    usd: float
    budget: float


@dataclass(frozen=True, kw_only=True)
class Diff:
    people: tuple[PersonChange, ...] = ()
    levels: tuple[LevelChange, ...] = ()
    models: tuple[ModelChange, ...] = ()
    sessions: tuple[SessionChange, ...] = ()
    ends: tuple[EndChange, ...] = ()
    ways: tuple[WayChange, ...] = ()
    settings: Mapping[str, Change] = field(default_factory=dict[str, Change])
    """All else that differs, by path: before and after. Secrets show nothing of themselves."""
    members: Mapping[tuple[str, str], Change] = field(default_factory=dict[tuple[str, str], Change])
    """What is said of people, by e-mail address and field."""
    before: Cost
    after: Cost

    @property
    def is_empty(self) -> bool:
        access = (self.people, self.levels, self.models, self.sessions, self.ends, self.ways)
        return not any((*access, self.settings, self.members))


def diff(base: Rollout | None, head: Rollout | None) -> Diff:
    """`base`: None for a stack that is new. `head`: None for one that is taken away."""
    people = tuple(_people(base, head))
    return Diff(
        people=people,
        levels=tuple(_levels(base, head)),
        models=tuple(_models(base, head)),
        sessions=tuple(session_changes(_cohorts(base), _cohorts(head))),
        ends=tuple(end_changes(base, head)),
        ways=tuple(way_changes(base, head)),
        settings=dict(settings(base, head)),
        members=dict(member_settings(base, head, {person.email for person in people})),
        before=_cost(base),
        after=_cost(head),
    )


def access(rollout: Rollout | None) -> dict[str, Access]:
    """By e-mail address, or name of a machine, of everybody in a cohort that is declared; each is in one at a time."""
    return {
        email: Access(cohort=name, level=level, models=() if email in cohort.ended else _usable(rollout, cohort, level))
        for rollout in _present(rollout)
        for name, cohort in rollout.declared.items()
        for email in cohort.holders
        for level in [cohort.level_of(email)]
    }


def _present(rollout: Rollout | None) -> list[Rollout]:
    return [rollout] if rollout else []


def _cohorts(rollout: Rollout | None) -> Mapping[str, Cohort]:
    return rollout.cohorts if rollout else {}


def _usable(rollout: Rollout, cohort: Cohort, level: Level) -> tuple[str, ...]:
    return cohort.model_copy(update={"level": level}).usable_models(rollout.throttle)


def _missing(there: Access | None, here: Access | None) -> tuple[str, ...]:
    known = here.models if here else ()
    return tuple(label for label in (there.models if there else ()) if label not in known)


def _people(base: Rollout | None, head: Rollout | None) -> Iterator[PersonChange]:
    before, after = access(base), access(head)
    for email in sorted({*before, *after}):
        was, is_ = before.get(email), after.get(email)
        moved = was and is_ and was.cohort != is_.cohort
        if _missing(was, is_) or _missing(is_, was) or moved:
            places = [(_cohorts(head), is_), (_cohorts(base), was)]
            member = next(cohorts[place.cohort].holders[email] for cohorts, place in places if place)
            name = email if isinstance(member, Machine) else member.name
            yield PersonChange(email=email, name=name, team=member.team, before=was, after=is_)


def _levels(base: Rollout | None, head: Rollout | None) -> Iterator[LevelChange]:
    old, new = _cohorts(base), _cohorts(head)
    for name in sorted({*old, *new}):
        was, is_ = old.get(name), new.get(name)
        before = was.level if was else Level.PLANNED
        after = is_.level if is_ else Level.PLANNED
        members = [dict(cohort.holders) if cohort else {} for cohort in (was, is_)]
        if before is not after:
            incident = (is_.incident if is_ else None) or (was.incident if was else None)
            people = len(members[1] if is_ else members[0])
            yield LevelChange(
                cohort=name,
                email=None,
                before=before,
                after=after,
                incident=incident,
                people=people,
                is_new=was is None,
            )
        for email in sorted({*members[0], *members[1]}):
            then, now = (found.get(email) for found in members)
            own = then.level if then else None, now.level if now else None
            levels = _effective(then, before), _effective(now, after)
            # A level of their own that changes nothing, because the cohort's does as much, is among what is said of
            # members.
            if own[0] != own[1] and levels[0] is not levels[1]:
                yield LevelChange(
                    cohort=name,
                    email=email,
                    before=levels[0],
                    after=levels[1],
                    incident=now.incident if now else None,
                    people=1,
                )


def _effective(member: Member | Machine | None, cohort: Level) -> Level:
    """`planned` where there is nobody, as of a cohort that is not there."""
    return max(member.level or cohort, cohort, key=lambda level: level.rank) if member else Level.PLANNED


def _models(base: Rollout | None, head: Rollout | None) -> Iterator[ModelChange]:
    before, after = _sources(base), _sources(head)
    for cohort, label in sorted({*before, *after}):
        was, is_ = before.get((cohort, label)), after.get((cohort, label))
        if was != is_:
            yield ModelChange(cohort=cohort, label=label, before=was, after=is_)


def _sources(rollout: Rollout | None) -> dict[tuple[str, str], str]:
    """What each inference profile is copied from, by cohort and label."""
    return {
        (name, label): rollout.models[label].source
        for rollout in _present(rollout)
        for name, cohort in rollout.declared.items()
        if cohort.level.effects.role
        for label in cohort.models
    }


def _cost(rollout: Rollout | None) -> Cost:
    people = sum(bool(found.models) for found in access(rollout).values())
    budget = rollout.budgets.monthly_usd if rollout else 0
    return Cost(people=people, usd=people * USD_PER_ACTIVE_DAY * ACTIVE_DAYS, budget=budget)
