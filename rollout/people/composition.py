"""Who a cohort is made of, held against what the plan says of a roster (exercise 1): advice, with its numbers.

Standard library only: the policy pack reads it too, from counts that a cohort's component writes down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rollout.people.selection import Rules

if TYPE_CHECKING:
    from rollout.model.rollout import Rollout

MEANT = Rules()
# The plan calls 3 of 8 too many beside 10 of 43: 1.6 times the others' share.
TOO_MANY_TIMES = 1.5


@dataclass(frozen=True, kw_only=True)
class Composition:
    """Counts, and nobody's name. `headcounts`: of each team of the organization. `people`, `champions`: by team.
    `seniority`: by kind, of those whose seniority is given. `elsewhere`: who are in another cohort as well. `unknown`:
    who are not in Okta, or not active there."""

    headcounts: Mapping[str, int]
    people: Mapping[str, int]
    champions: Mapping[str, int]
    seniority: Mapping[str, int]
    elsewhere: int = 0
    unknown: int = 0

    @property
    def size(self) -> int:
        return sum(self.people.values())

    def document(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def read(document: Mapping[str, Any]) -> Composition:
        """From JSON, where a count may have become 3.0. ValueError where it is no such document."""
        try:
            counts = {
                key: {name: int(n) for name, n in sorted(document[key].items())}
                for key in ("headcounts", "people", "champions", "seniority")
            }
            return Composition(**counts, elsewhere=int(document["elsewhere"]), unknown=int(document["unknown"]))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"no composition of a cohort: {error!r}") from None


def composition(rollout: Rollout, cohort: str, unknown: int = 0) -> Composition:
    """Of a cohort of the stack file, planned or open."""
    members = rollout.cohorts[cohort].members
    others = {email for name, other in rollout.cohorts.items() if name != cohort for email in other.members}
    return Composition(
        headcounts={name: team.headcount for name, team in sorted(rollout.organization.teams.items())},
        people=_count(member.team for member in members.values()),
        champions=_count(member.team for member in members.values() if member.champion),
        seniority=_count(member.seniority.value for member in members.values() if member.seniority),
        elsewhere=len(others & set(members)),
        unknown=unknown,
    )


def _count(values: Iterator[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def team_coverage(found: Composition) -> Iterator[str]:
    missing = [
        f"{team} (of {count})" for team, count in found.headcounts.items() if count and not found.people.get(team)
    ]
    if missing and found.size:
        there = len(found.headcounts) - len(missing)
        yield f"nobody of {', '.join(missing)}: {there} of {len(found.headcounts)} teams are represented"


@dataclass(frozen=True, kw_only=True)
class Share:
    """A team's `people` of its `headcount`, beside `others`: all other people, of all other teams' head-count `of`."""

    people: int
    headcount: int
    others: int
    of: int

    @property
    def own(self) -> float | None:
        """None where no head-count is known."""
        return self.people / self.headcount if self.headcount else None

    @property
    def usual(self) -> float | None:
        return self.others / self.of if self.of else None

    @property
    def times(self) -> float | None:
        """How many times as many as of the others; None where there is nothing to compare with."""
        return self.own / self.usual if self.own is not None and self.usual else None

    @property
    def is_too_many(self) -> bool:
        """More than one person too many, at that: of very small teams one is a large share."""
        over = self.people - self.headcount * (self.usual or 0)
        return self.times is not None and self.times >= TOO_MANY_TIMES and over >= 1


def shares(found: Composition) -> dict[str, Share]:
    """Of each team of the organization, and of each that has people in the cohort."""
    whole = sum(found.headcounts.values())
    return {
        team: Share(
            people=found.people.get(team, 0),
            headcount=found.headcounts.get(team, 0),
            others=found.size - found.people.get(team, 0),
            of=whole - found.headcounts.get(team, 0),
        )
        for team in sorted({*found.headcounts, *found.people})
    }


def over_representation(found: Composition) -> Iterator[str]:
    """A team's share of its head-count beside that of all others together."""
    for team, share in shares(found).items():
        if share.is_too_many:
            yield (
                f"{team} is over-represented: {share.people} of {share.headcount} ({share.own:.0%}) beside "
                f"{share.others} of {share.of} of the others ({share.usual:.0%}), {share.times:.1f} times as many"
            )


def champions(found: Composition) -> Iterator[str]:
    few = {team: found.champions.get(team, 0) for team in found.people}
    named = [f"{team} {count}" for team, count in few.items() if count < MEANT.champions]
    if named:
        text = f"fewer than {MEANT.champions} champions in a team: {', '.join(named)}"
        yield f"{text}; one who leaves takes the knowledge along"


def seniority_mix(found: Composition) -> Iterator[str]:
    """Of seniors and mids together: juniors are a rule of their own."""
    senior, mid = found.seniority.get("senior", 0), found.seniority.get("mid", 0)
    if not senior + mid:
        return
    percent = 100 * senior / (senior + mid)
    if abs(percent - MEANT.senior_percent) > MEANT.senior_margin:
        yield (
            f"{percent:.0f} % of {senior} seniors and {mid} mids are senior; "
            f"{MEANT.senior_percent} %, give or take {MEANT.senior_margin}, is meant"
        )


def juniors(found: Composition) -> Iterator[str]:
    count, least = found.seniority.get("junior", 0), MEANT.juniors[0]
    if found.size and count < least:
        yield (
            f"{count} of {found.size} are junior, at least {least} are meant: else nobody sees whether the "
            "documentation carries a newcomer"
        )


def one_cohort_each(found: Composition) -> Iterator[str]:
    if found.elsewhere:
        yield f"{found.elsewhere} of {found.size} are in another cohort as well"


def known_people(found: Composition) -> Iterator[str]:
    if found.unknown:
        yield f"{found.unknown} of {found.size} are not in Okta, or not active there: they cannot sign in"


# By the name that the policy pack reports each under.
ADVICE: Mapping[str, Callable[[Composition], Iterator[str]]] = {
    "teams-are-covered": team_coverage,
    "teams-are-balanced": over_representation,
    "two-champions-per-team": champions,
    "seniority-is-mixed": seniority_mix,
    "juniors-are-there": juniors,
    "one-cohort-each": one_cohort_each,
    "people-are-known": known_people,
}


def advice(found: Composition) -> Iterator[tuple[str, str]]:
    """(rule, text) of everything that is not as the plan means it."""
    for rule, judge in ADVICE.items():
        yield from ((rule, text) for text in judge(found))
