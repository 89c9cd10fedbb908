"""Stacks that one meter counts take room on its role: too many are a mistake before IAM says so."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.stack_file.beside import Clash, Place
from rollout.stack_file.meters_role import too_much_for_the_meter
from tests import recording, stacks
from tests.config.test_beside import ADOPTED, ONE, OTHER, PROD, place

LIMIT = 10


def many(count: int, first: int = 0) -> dict[str, Any]:
    return {
        f"trial{number:03d}": {
            "level": "active",
            "models": ["haiku"],
            "members": {f"p{number}@acme.example": {"name": f"P {number}", "team": "backend"}},
        }
        for number in range(first, first + count)
    }


def beside(count: int, cohorts: int = 1) -> list[Place]:
    return [
        place(f"stack{number:02d}", ONE, cohorts=many(cohorts, 100 * number), adopt=ADOPTED) for number in range(count)
    ]


def of(*places: Place) -> list[Clash]:
    return list(too_much_for_the_meter([PROD, *places]))


def attached(program: dict[str, Any]) -> int:
    """How many policies the program would attach to the meter's role."""
    run = recording.run(stacks.config(program))
    made = run.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    return sum(each.inputs["role"] == "claude-code-meter" for each in made)


def test_the_sum_of_all_stacks_is_held_against_iams_limit_and_the_one_that_goes_beyond_is_named() -> None:
    assert of(*beside(LIMIT)) == []
    [clash] = of(*beside(LIMIT + 1))
    assert (clash.second, clash.first, clash.is_mistake) == ("stack10", "prod", True)
    assert "1 cohorts take 1 managed policies" in clash.text
    assert f"come to {LIMIT + 1} with all that adopt it, and IAM takes {LIMIT}" in clash.text


def test_it_is_the_number_that_the_programs_attach() -> None:
    stacks_beside, cohorts = 6, 70
    own = attached(stacks.small())
    theirs = attached({**stacks.small(), "cohorts": many(cohorts), "adopt": ADOPTED})
    assert theirs == 2
    [clash] = of(*beside(stacks_beside, cohorts))
    assert f"come to {own + stacks_beside * theirs} with all" in clash.text


@pytest.mark.parametrize("elsewhere", [{}, {"adopt": {"umbrella_group_id": ADOPTED["umbrella_group_id"]}}])
def test_of_another_account_or_with_a_meter_of_its_own_nothing_is_said(elsewhere: dict[str, Any]) -> None:
    account = OTHER if elsewhere else ONE
    places = [
        place(f"stack{number:02d}", account, cohorts=many(1, 100 * number), **elsewhere) for number in range(LIMIT + 1)
    ]
    assert of(*places) == []
