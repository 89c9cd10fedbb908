"""An edit of one stack says which others read the file, judges all of them, and asks before it changes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command

CARLOS = "carlos.diaz@acme.example"
HEADER = "name,email,team\n"
HR = HEADER + "Yuki Mori,yuki.mori@acme.example,data\nA B,a.b@acme.example,data\n"


def rosters(project: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in [*project.glob("rosters/*.csv"), *project.glob("Pulumi.*.yaml")]}


@pytest.mark.parametrize(
    "command",
    [
        ("remove-member", "-s", "sandbox", "pilot", CARLOS),
        ("add-member", "-s", "sandbox", "pilot", "y.m@acme.example", "--name", "Y", "--team", "data"),
    ],
)
def test_a_roster_that_another_stack_reads_is_changed_for_both_or_not_at_all(
    rollout: Command, project: Path, command: tuple[str, ...]
) -> None:
    before = rosters(project)
    ended = rollout(*command, "--yes")
    assert ended.code == 1
    assert "rosters/pilot.csv is read by Pulumi.prod.yaml (pilot) as well: there " in ended.err
    assert "add --shared to change it for all of them" in ended.err
    assert rosters(project) == before
    ended = rollout(*command, "--yes", "--shared")
    assert ended.code == 0, ended.err
    assert "rosters/pilot.csv is read by Pulumi.prod.yaml (pilot) as well: there " in ended.out
    assert [name for name, content in rosters(project).items() if content != before[name]] == ["pilot.csv"]


def test_the_people_whom_an_import_takes_from_another_stack_are_counted(rollout: Command, project: Path) -> None:
    (project / "hr.csv").write_text(HR, encoding="utf-8")
    assert rollout("add-cohort", "-s", "sandbox", "wave2", "-m", "haiku", "--yes").code == 0
    ended = rollout("import-roster", "-s", "sandbox", "wave2", "hr.csv", "--yes")
    assert ended.code == 1
    known = len((project / "rosters" / "wave2.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert f"Pulumi.prod.yaml (wave2) as well: there {known} people out, 2 in" in ended.err
    same = rollout("import-roster", "-s", "sandbox", "wave2", "rosters/wave2.csv", "--yes")
    assert same.code == 0, "what changes no roster asks nobody"


def test_a_mistake_that_only_another_stack_has_with_the_new_text_is_named_with_that_stack(
    rollout: Command, project: Path
) -> None:
    prod = project / "Pulumi.prod.yaml"
    text = prod.read_text(encoding="utf-8")
    prod.write_text(text.replace("    data:", "    daten:"), encoding="utf-8")
    before = rosters(project)
    (project / "hr.csv").write_text(HR, encoding="utf-8")
    assert rollout("add-cohort", "-s", "sandbox", "wave2", "-m", "haiku", "--yes").code == 0
    before = rosters(project)
    ended = rollout("import-roster", "-s", "sandbox", "wave2", "hr.csv", "--yes", "--shared")
    assert ended.code == 1
    assert "Pulumi.prod.yaml: hr.csv:2: team: no such team in organization.teams: data" in ended.err
    assert rosters(project) == before


def test_a_mistake_is_named_by_the_file_that_was_given(rollout: Command, project: Path) -> None:
    (project / "hr.csv").write_text("name,email\nYuki,yuki.mori@acme.example\n", encoding="utf-8")
    ended = rollout("import-roster", "-s", "dev", "trial", "hr.csv", "--yes")
    assert ended.code == 1
    assert "hr.csv:1: no column team" in ended.err
    assert "rosters/trial.csv" not in ended.err


def test_somebody_who_is_stopped_and_taken_out_is_said_to_stay_denied(rollout: Command, project: Path) -> None:
    file = project / "Pulumi.sandbox.yaml"
    incident = '{level: suspended, incident: {id: INC-7, since: 2026-11-23T14:05:00Z, reason: "A key"}}'
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace(
            "      roster: rosters/pilot.csv\n",
            f"      roster: rosters/pilot.csv\n      members: {{{CARLOS}: {incident}}}\n",
        ),
        encoding="utf-8",
    )
    ended = rollout("remove-member", "-s", "sandbox", "pilot", CARLOS, "--yes", "--shared")
    assert ended.code == 0, ended.err
    assert f"{CARLOS} is suspended: taken out by an update, they stay denied in AWS until every session" in ended.out
    other = rollout("remove-member", "-s", "sandbox", "pilot", "alice.chen@acme.example", "--yes", "--shared")
    assert "they stay denied" not in other.out
