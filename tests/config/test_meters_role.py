"""Cohorts of all stacks that one meter counts take room on its role: too many are a mistake before IAM says so."""

from __future__ import annotations

from typing import Any

import pytest

from rollout.stack_file.beside import Clash, Place
from rollout.stack_file.meters_role import too_much_for_the_meter
from tests import recording, stacks
from tests.config.test_beside import ADOPTED, ONE, OTHER, PROD, place

LIMIT = 10_240


def many(count: int, first: int = 0) -> dict[str, Any]:
    return {
        f"trial{number:03d}": {
            "level": "active",
            "models": ["haiku"],
            "members": {f"p{number}@acme.example": {"name": f"P {number}", "team": "backend"}},
        }
        for number in range(first, first + count)
    }


def of(*places: Place) -> list[Clash]:
    return list(too_much_for_the_meter([PROD, *places]))


def on_role(program: dict[str, Any]) -> int:
    """What the program would put on the meter's role, white space left out."""
    run = recording.run(stacks.config(program))
    policies = [each.inputs["policy"] for each in run.of("aws:iam/rolePolicy:RolePolicy") if _of_meter(each.inputs)]
    return sum(len("".join(str(text).split())) for text in policies)


def _of_meter(inputs: Any) -> bool:
    return inputs["role"] == "claude-code-meter"


def test_the_sum_of_all_stacks_is_held_against_iams_limit_and_the_one_that_goes_beyond_is_named() -> None:
    fits = next(count for count in range(60) if of(place("dev", ONE, cohorts=many(count + 1), adopt=ADOPTED)))
    assert 20 <= fits <= 45
    assert of(place("dev", ONE, cohorts=many(fits), adopt=ADOPTED)) == []
    dev, test = (
        place(stack, ONE, cohorts=many(fits // 2 + 1, first), adopt=ADOPTED)
        for stack, first in (("dev", 0), ("test", 100))
    )
    assert of(dev) == of(test) == []
    [clash] = of(test, dev)
    assert (clash.second, clash.first, clash.is_mistake) == ("test", "prod", True)
    assert f"{fits // 2 + 1} cohorts take" in clash.text
    assert f"and IAM takes {LIMIT}" in clash.text


def test_it_is_the_size_of_what_the_programs_put_there() -> None:
    cohorts, own = many(60), on_role(stacks.small())
    theirs = on_role({**stacks.small(), "cohorts": cohorts, "adopt": ADOPTED})
    [clash] = of(place("dev", ONE, cohorts=cohorts, adopt=ADOPTED))
    told = int(clash.text.partition("come to ")[2].split()[0])
    # The recorded account is another one, of as many digits.
    assert told == own + theirs


@pytest.mark.parametrize("elsewhere", [{}, {"adopt": {"umbrella_group_id": ADOPTED["umbrella_group_id"]}}])
def test_of_another_account_or_with_a_meter_of_its_own_nothing_is_said(elsewhere: dict[str, Any]) -> None:
    account = OTHER if elsewhere else ONE
    assert of(place("dev", account, cohorts=many(60), **elsewhere)) == []
