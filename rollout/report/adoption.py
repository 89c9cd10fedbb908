"""How many of those who have Claude Code use it, and what it costs for each who does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rollout.report.facts import Use
from rollout.report.spend import days

WEEK_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Active:
    """People of a cohort with at least one request in the last seven days, today included, and its members. `usd`: what
    these people's requests cost in these days; none where it would be what a single person used."""

    cohort: str
    people: int
    members: int
    usd: float | None

    @property
    def usd_each(self) -> float | None:
        return self.usd / self.people if self.usd is not None else None

    @property
    def share(self) -> float:
        """People who left within the week are still among those who used it."""
        return min(self.people / self.members, 1.0)


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """`daily`: people with at least one request, by day. `members`: of cohorts with access, as they are today.
    `week_people`: in the last seven days, `earlier_people`: in the seven before; each person once."""

    daily: Mapping[date, int]
    members: int
    week_people: int
    earlier_people: int
    by_cohort: tuple[Active, ...]

    @property
    def share(self) -> float:
        return min(self.week_people / self.members, 1.0) if self.members else 0.0


def adoption(use: Iterable[Use], members: Mapping[str, int], today: date, since: date) -> Adoption:
    """`members`: how many have access, by cohort that has any. Sessions are counted by the names Okta signs, which need
    not be members' e-mail addresses; so whoever left within the week is still among its people."""
    rows = [row for row in use if row.requests and row.day <= today]
    seen: defaultdict[date, set[str]] = defaultdict(set)
    for row in rows:
        seen[row.day].add(row.person.lower())
    week, earlier = today - timedelta(days=WEEK_DAYS), today - timedelta(days=2 * WEEK_DAYS)
    open_rows = [row for row in rows if row.cohort in members]
    this_week = [row for row in open_rows if row.day > week]
    return Adoption(
        daily={day: len(seen.get(day, ())) for day in days(since, today)},
        members=sum(members.values()),
        week_people=_people(this_week),
        earlier_people=_people(row for row in open_rows if earlier < row.day <= week),
        by_cohort=tuple(
            _active(name, count, [row for row in this_week if row.cohort == name])
            for name, count in sorted(members.items())
        ),
    )


def _active(cohort: str, members: int, rows: Sequence[Use]) -> Active:
    people = _people(rows)
    usd = sum(row.usd for row in rows) if people > 1 else None
    return Active(cohort=cohort, people=people, members=members, usd=usd)


def _people(rows: Iterable[Use]) -> int:
    return len({row.person.lower() for row in rows})
