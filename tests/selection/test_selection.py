"""A cohort proposed by the plan's rules, and what is said where no roster can keep them."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.people.selection import SENIORITIES, Person, Rules, Selection, select
from tests.stacks import COMPANY, PROJECT

HEADCOUNTS = {"backend": 15, "frontend": 12, "platform": 8, "data": 9, "mobile": 7}


def directory() -> list[Person]:
    """The plan's 51 people."""
    rows = [
        row
        for cohort in ("pilot", "wave2", "wave3")
        for row in csv.DictReader((COMPANY / "rosters" / f"{cohort}.csv").read_text(encoding="utf-8").splitlines())
    ]
    return [
        Person(
            email=row["email"],
            name=row["name"],
            team=row["team"].lower(),
            seniority=row["seniority"].lower(),
            champion=row["champion"].lower() == "yes",
        )
        for row in rows
    ]


def keeps_the_rules(found: Selection, headcounts: dict[str, int], rules: Rules) -> bool:
    """The rules, written down a second time."""
    people = [choice.person for choice in found.choices]
    everybody = sum(headcounts.values())
    in_proportion = all(
        floor(rules.size * count / everybody) <= found.teams[team] <= ceil(rules.size * count / everybody)
        for team, count in headcounts.items()
    )
    champions = Counter(person.team for person in people if person.champion)
    juniors = sum(person.seniority == "junior" for person in people)
    return (
        len({person.email for person in people}) == rules.size
        and in_proportion
        and all(champions[team] >= rules.champions for team in headcounts)
        and rules.juniors[0] <= juniors <= rules.juniors[1]
    )


def test_the_plans_fifty_one_people_give_a_cohort_of_twenty_five() -> None:
    found = select(directory(), HEADCOUNTS, Rules())
    assert found.broken == ()
    assert keeps_the_rules(found, HEADCOUNTS, Rules())
    assert found.seniorities["senior"] / (found.seniorities["senior"] + found.seniorities["mid"]) == pytest.approx(
        0.6, abs=0.1
    )
    assert all("of 25 seats" in choice.because for choice in found.choices)
    assert any("one of its 2 champions (at least 2)" in choice.because for choice in found.choices)
    unruled = select(directory(), HEADCOUNTS, Rules(champions=0)).choices
    assert not [choice.because for choice in unruled if "at least" in choice.because]


def test_the_same_seed_gives_the_same_people_and_another_gives_others() -> None:
    people = directory()
    once, again, other = (select(people, HEADCOUNTS, Rules(), seed=seed) for seed in (7, 7, 8))
    shuffled = select(reversed(people), HEADCOUNTS, Rules(), seed=7)
    assert once.choices == again.choices == shuffled.choices
    assert {choice.person for choice in other.choices} != {choice.person for choice in once.choices}


def test_nobody_who_is_in_a_cohort_already_is_taken() -> None:
    people = directory()
    first = {choice.person.email for choice in select(people, HEADCOUNTS, Rules(size=15)).choices}
    second = select(people, HEADCOUNTS, Rules(size=15, champions=1), taken=first)
    assert not first & {choice.person.email for choice in second.choices}


def test_where_no_roster_can_keep_the_rules_the_ones_to_relax_are_named() -> None:
    people = [person for person in directory() if not (person.team == "mobile" and person.champion)]
    found = select(people, HEADCOUNTS, Rules())
    assert found.broken == ("mobile: champions: at least 2, and 2 fewer can be had",)
    assert len(found.choices) == 25
    assert select(people, HEADCOUNTS, Rules(champions=0)).broken == ()


def test_more_seats_than_people_are_said_to_be_too_many() -> None:
    found = select(directory(), HEADCOUNTS, Rules(size=60, juniors=(0, 60)))
    assert "people in all: at least 60, and 9 fewer can be had" in found.broken


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(SENIORITIES), st.booleans()),
        min_size=1,
        max_size=60,
    ),
    st.integers(2, 20),
)
def test_whatever_the_directory_a_proposal_keeps_the_rules_or_names_those_it_breaks(
    kinds: list[tuple[str, str, bool]], size: int
) -> None:
    people = [
        Person(email=f"p{n}@x.example", name=f"P{n}", team=team, seniority=seniority, champion=champion)
        for n, (team, seniority, champion) in enumerate(kinds)
    ]
    headcounts = {"a": 10, "b": 6, "c": 4}
    rules = Rules(size=size, juniors=(0, 3), champions=1)
    found = select(people, headcounts, rules)
    assert keeps_the_rules(found, headcounts, rules) or found.broken


def test_the_solver_says_nothing_on_the_standard_output() -> None:
    program = "from rollout.people.selection import *; select([], {'a': 1}, Rules(size=1)); print('{}')"
    said = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert said.stdout == "{}\n"
