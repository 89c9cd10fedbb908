"""A cohort proposed from a directory of people, by the plan's rules (rollout plan, exercise 1, with its mitigations).

Exact at any size: people of one team, seniority and readiness to be champion are alike to the rules, so an integer
program counts how many of each kind are taken (HiGHS), and a seeded order says who. Where no roster can keep all rules,
the program breaks as few as it can, and says which: these are the ones to relax.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from pathlib import Path
from typing import Any

SENIORITIES = ("senior", "mid", "junior")
# What may be asked for, as a number of people; the solver's own numbers end somewhere above.
MOST = 1_000_000
# Each step of breaking a rule weighs more than any wish that no rule demands.
BREACH, WISH = 1000.0, 1.0


@dataclass(frozen=True, kw_only=True)
class Person:
    """`seniority`: one of SENIORITIES. `champion`: whether colleagues may turn to this person for help."""

    email: str
    name: str
    team: str
    seniority: str
    champion: bool = False
    role: str | None = None

    @property
    def kind(self) -> Kind:
        return (self.team, self.seniority, self.champion)


Kind = tuple[str, str, bool]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`size`: people. `senior_percent`: of seniors and mids together, give or take `senior_margin` points. `juniors`:
    at least and at most. `champions`: in each team."""

    size: int = 25
    senior_percent: int = 60
    senior_margin: int = 10
    juniors: tuple[int, int] = (2, 3)
    champions: int = 2


@dataclass(frozen=True, kw_only=True)
class Choice:
    person: Person
    because: str


@dataclass(frozen=True, kw_only=True)
class Selection:
    """`broken`: rules that no roster of these people can keep, each with by how much; empty where all are kept."""

    choices: tuple[Choice, ...]
    broken: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict[str, float])
    """Seats in proportion to head-count, by team."""

    @property
    def teams(self) -> Counter[str]:
        return Counter(choice.person.team for choice in self.choices)

    @property
    def seniorities(self) -> Counter[str]:
        return Counter(choice.person.seniority for choice in self.choices)


def select(
    people: Iterable[Person],
    headcounts: Mapping[str, int],
    rules: Rules,
    taken: Collection[str] = (),
    seed: int = 0,
) -> Selection:
    """`headcounts`: by team. `taken`: addresses of whoever is in a cohort already. Same arguments, same answer."""
    by_kind: defaultdict[Kind, list[Person]] = defaultdict(list)
    for person in people:
        if person.email not in taken and person.team in headcounts:
            by_kind[person.kind].append(person)
    shares = _shares(headcounts, rules.size)
    counts, broken = _solve({kind: len(alike) for kind, alike in by_kind.items()}, shares, rules)
    chosen = [
        person
        for kind, count in sorted(counts.items())
        for person in sorted(by_kind[kind], key=lambda person: _lot(seed, person.email))[:count]
    ]
    return Selection(choices=tuple(_choices(chosen, shares, rules)), broken=tuple(broken), shares=shares)


def _shares(headcounts: Mapping[str, int], size: int) -> dict[str, float]:
    everybody = sum(headcounts.values())
    return {team: size * count / everybody for team, count in sorted(headcounts.items())} if everybody else {}


def _lot(seed: int, email: str) -> str:
    return hashlib.sha256(f"{seed}\x00{email}".encode()).hexdigest()


def _solve(known: Mapping[Kind, int], shares: Mapping[str, float], rules: Rules) -> tuple[dict[Kind, int], list[str]]:
    """How many of each kind, and which rules are broken."""
    program = _Program(_solver())
    count = {kind: program.integer(upper) for kind, upper in sorted(known.items())}

    def total(wanted: Callable[[Kind], bool]) -> Any:
        return program.sum([variable for kind, variable in count.items() if wanted(kind)])

    program.between("people in all", program.sum(list(count.values())), rules.size, rules.size)
    for team, share in shares.items():
        of_team = {kind for kind in count if kind[0] == team}
        seats = total(of_team.__contains__)
        program.between(f"{team}: seats in proportion to head-count ({share:.1f})", seats, floor(share), ceil(share))
        program.near(seats, share)
        champions = {kind for kind in of_team if kind[2]}
        program.between(f"{team}: champions", total(champions.__contains__), rules.champions, None)
    program.between("juniors", total(_is("junior")), *rules.juniors)
    grown = rules.size - rules.juniors[0]
    low, high = (grown * (rules.senior_percent + sign * rules.senior_margin) / 100 for sign in (-1, 1))
    about = f"seniors (about {rules.senior_percent} % of those who are no juniors)"
    program.between(about, total(_is("senior")), ceil(low), floor(high))
    program.near(total(_is("senior")), grown * rules.senior_percent / 100)
    return program.solved(count)


def _is(seniority: str) -> Callable[[Kind], bool]:
    return lambda kind: kind[1] == seniority


def _solver() -> Any:
    """HiGHS greets on the standard output when it is made, which belongs to whoever asked for JSON."""
    import highspy  # here, since it takes a third of a second to load

    sys.stdout.flush()
    kept = os.dup(1)
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
        solver: Any = highspy.Highs()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)  # one order of search, so one answer
    return solver


class _Program:
    """Rules that may be broken at a high price, and wishes that cost little."""

    def __init__(self, solver: Any) -> None:
        self._solver = solver
        self._cost: list[Any] = []
        self._slacks: list[tuple[str, str, Any]] = []

    def integer(self, upper: int) -> Any:
        import highspy

        return self._solver.addVariable(lb=0, ub=upper, type=highspy.HighsVarType.kInteger)

    def sum(self, variables: Sequence[Any]) -> Any:
        return self._solver.qsum(variables) if variables else self._solver.addVariable(lb=0, ub=0)

    def between(self, rule: str, found: Any, least: float, most: float | None) -> None:
        short = self._slack(rule, f"at least {least:g}")
        self._solver.addConstr(found + short >= least)
        if most is not None:
            over = self._slack(rule, f"at most {most:g}")
            self._solver.addConstr(found - over <= most)

    def near(self, found: Any, wanted: float) -> None:
        apart = self._solver.addVariable(lb=0)
        self._solver.addConstr(found - apart <= wanted)
        self._solver.addConstr(found + apart >= wanted)
        self._cost.append(WISH * apart)

    def _slack(self, rule: str, bound: str) -> Any:
        slack = self._solver.addVariable(lb=0)
        self._slacks.append((rule, bound, slack))
        self._cost.append(BREACH * slack)
        return slack

    def solved(self, count: Mapping[Kind, Any]) -> tuple[dict[Kind, int], list[str]]:
        self._solver.minimize(self._solver.qsum(self._cost))
        found = {kind: round(self._solver.val(variable)) for kind, variable in count.items()}
        missed = [(rule, bound, round(self._solver.val(slack))) for rule, bound, slack in self._slacks]
        apart = "fewer can be had", "more there must be"
        broken = [f"{rule}: {bound}, and {by} {apart['most' in bound]}" for rule, bound, by in missed if by]
        return found, broken


def _choices(chosen: Sequence[Person], shares: Mapping[str, float], rules: Rules) -> Iterator[Choice]:
    teams = Counter(person.team for person in chosen)
    champions = Counter(person.team for person in chosen if person.champion)
    juniors = sum(person.seniority == "junior" for person in chosen)
    for person in sorted(chosen, key=lambda person: (person.team, SENIORITIES.index(person.seniority), person.name)):
        reasons = [f"{person.team} has {teams[person.team]} of {len(chosen)} seats (share {shares[person.team]:.1f})"]
        if person.champion:
            count, least = champions[person.team], f" (at least {rules.champions})" if rules.champions else ""
            reasons.append((f"one of its {count} champions" if count > 1 else "its champion") + least)
        if person.seniority == "junior":
            reasons.append(f"one of {juniors} juniors, who try the instructions as newcomers")
        yield Choice(person=person, because="; ".join(reasons))
