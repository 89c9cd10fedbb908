"""The rollout as a component declares what the program declares, all of it below itself; and what reads a state finds
it there."""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi

from cli.commands.break_glass import _urns  # pyright: ignore[reportPrivateUsage]
from cli.live.engine import _told  # pyright: ignore[reportPrivateUsage]
from program.package import rollout
from program.package.rollout import project_folder
from rollout.incidents.component_outputs import COMPONENT
from rollout.incidents.cut_record import STASH, Record, kept_in
from tests import recording, stacks
from tests.registrations import Recorded, Registration

PROGRAM = "tests/graph/programs/component.py"


def declared(**how: Any) -> Recorded:
    """What a component waits for before it answers is tried with the engine: tests/engine/languages."""
    with patch.object(rollout, "judged", lambda *_: pulumi.Output.from_input({})):
        return recording.run(stacks.committed("sandbox"), record=Record(), **how)


def as_declared(each: Registration) -> tuple[Any, ...]:
    """But for whom it is below."""
    after = sorted(urn.rpartition("::")[2] for urn in each.depends_on)
    return each.type, each.name, each.inputs, each.protect, each.retain, each.secrets, after


def test_a_component_declares_what_the_program_declares_and_all_of_it_is_below_it() -> None:
    program, component = declared(), declared(program_file=PROGRAM)
    [own] = component.of(COMPONENT)
    below = [each for each in component.order if each.urn != own.urn]
    assert all(f"::{COMPONENT}$" in each.urn for each in below)
    assert {each.name for each in below if each.parent == own.urn} == {
        each.name for each in program.order if "$" not in each.urn
    }
    assert sorted(map(as_declared, below), key=str) == sorted(map(as_declared, program.order), key=str)


def test_what_a_component_tells_is_what_the_program_exports() -> None:
    program, component = declared(), declared(program_file=PROGRAM)
    [own] = component.of(COMPONENT)
    told = {key: value for key, value in program.outputs.items() if key != "cuts_on_record"}
    assert component.outputs_of[own.urn] == told


def test_what_reads_a_state_finds_the_rollout_below_a_component() -> None:
    run = declared(program_file=PROGRAM)
    state = [
        {"urn": each.urn, "type": each.type, "parent": each.parent, "outputs": run.outputs_of[each.urn]}
        for each in run.order
        if not each.read
    ]
    found = _told(state)
    assert {"residual_access", "sign_in_apps", "cohorts"} <= set(found)
    assert found["cohorts"]["pilot"]["level"] == "active"
    stashes: dict[str, Any] = {str(each["urn"]): each for each in state if each["type"] == STASH}
    assert kept_in(stashes) is not None
    [cohort, *rest] = _urns(state, "pilot")
    assert cohort.endswith("$claude:rollout:Cohort::pilot")
    assert any(urn.endswith("::pilot-access") for urn in rest)
    assert _urns(state, "lot") == []


def test_rosters_are_beside_the_nearest_project_file(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    assert project_folder(tmp_path / "source") == tmp_path / "source"
    (tmp_path / "Pulumi.yaml").touch()
    with chdir(tmp_path / "source"):
        assert project_folder(Path.cwd()) == tmp_path
