"""The drill notices what it did not expect, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.table import Table

from tests.drill.__main__ import COLUMNS, Drill, row, typed
from tests.drill.steps import BY_AWS, STEPS, Step
from tests.drill.ways import WAYS
from tests.engine.world import World


def surprises(drill: Drill, step: Step) -> list[str]:
    found: list[str] = []
    drill.save(step)
    row(Table(*COLUMNS), step, drill, drill.world.up, found)
    return found


@pytest.mark.long
def test_a_drill_is_surprised_by_access_that_should_be_gone_and_by_a_log_that_is(pilot: World) -> None:
    drill = Drill(pilot, WAYS["saml"])
    suspended = next(step for step in STEPS if step.title == "3 suspended")
    assert surprises(drill, suspended) == []
    [line] = surprises(drill, replace(suspended, signs_in=25, told=(0, 0, 0)))
    assert line == "3 suspended: May sign in: 0, not 25"
    logs = pilot.aws("logs")
    logs.delete_log_stream(logGroupName="/claude-code/pilot/usage", logStreamName="drill")
    logs.create_log_stream(logGroupName="/claude-code/pilot/usage", logStreamName="drill")
    active = replace(STEPS[0], change=STEPS[5].change, told=(31, 31, 0), effect=True)
    assert surprises(drill, active) == [
        "0 active: Sessions from before: ((0, 0, 0), (0, 0, 0)), not ((25, 25, 25), (25, 25, 25))",
        "0 active: Told: (31, 31, 1), not (31, 31, 0)",
        "0 active: Log: False, not True",
        "0 active: somebody at work noticed nothing",
    ]


@pytest.mark.long
def test_a_drill_is_surprised_by_a_cut_that_waits_for_okta_or_stops_nobody(pilot: World) -> None:
    drill, cut = Drill(pilot, WAYS["saml"]), BY_AWS[0]
    found: list[str] = []
    drill.begin_anew()
    row(Table(*COLUMNS), cut.step, drill, lambda: typed(pilot, cut), found)
    assert found == []
    drill.begin_anew()
    row(Table(*COLUMNS), cut.step, drill, lambda: None, found)
    assert found == [f"{cut.step.title}: somebody at work noticed nothing"]
