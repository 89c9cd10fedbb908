"""A cohort proposed from a CSV of people, whoever wrote that."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from rollout.stack_file.roster import read_roster
from tests.cli.conftest import Command

HEADER = "name,email,team,seniority,champion,role\n"
SMALL = ("--size", "2", "--juniors", "0", "--champions", "0", "--senior-percent", "50")
TWO = (
    "[/red] Ana,ana@acme.example,backend,senior,yes,Engineer\n"
    "[bold]Bo,bo@acme.example,frontend,mid,no,\n"
    "Cy,cy@acme.example,sales,n/a,no,\n"
)


def written(project: Path, rows: str) -> str:
    (project / "people.csv").write_text(HEADER + rows, encoding="utf-8")
    return "people.csv"


def test_a_name_is_text_and_never_markup_and_other_teams_are_left_out(rollout: Command, project: Path) -> None:
    ended = rollout("select", "-s", "dev", "--directory", written(project, TWO), *SMALL, "--out", "rosters/new.csv")
    assert ended.code == 0, ended.err
    assert "[/red]" in ended.out
    assert "[bold]Bo" in ended.out
    assert ended.err == "left out: 1 whose team is no team of the stack file\n"
    rows, mistakes = read_roster("rosters/new.csv", project)
    assert ({row.email for row in rows}, mistakes) == ({"ana@acme.example", "bo@acme.example"}, [])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("A,a@acme.example,data,senior,yes,x,more\n", "people.csv:2: more cells than the header has; quote a cell"),
        ("A,,data,senior,yes,\n", "people.csv:2: email: missing"),
        (",a@acme.example,data,senior,yes,\n", "people.csv:2: name: missing"),
        ("A,a at acme,data,senior,yes,\n", "people.csv:2: email: not an e-mail address"),
        ("A,a@acme.example,data,boss,yes,\n", "people.csv:2: seniority: not one of senior, mid, junior: boss"),
        (
            "A,a@acme.example,data,mid,,\nA,A@acme.example,data,mid,,\n",
            "people.csv:3: email: a@acme.example is on line",
        ),
        ("\x1b[31mA,a@acme.example,data,senior,yes,\n", "people.csv:2: name: not a text"),
        ("\u202eA,a@acme.example,data,senior,yes,\n", "people.csv:2: name: not a text"),
        ("=cmd|'/c calc'!A0,a@acme.example,data,mid,no,\n", "begins with none of = + - @"),
        ("A,a@acme.example,data,senior,yes,@SUM(1)\n", "people.csv:2: role: not a text"),
        (f"{'A' * 200_000},a@acme.example,data,senior,yes,\n", "not CSV: field larger than"),
    ],
)
def test_a_line_that_no_roster_could_hold_is_named(rollout: Command, project: Path, rows: str, words: str) -> None:
    ended = rollout("select", "-s", "dev", "--directory", written(project, rows), *SMALL, "--json")
    assert ended.code == 1
    assert words in "\n".join(ended.document["errors"])


def test_where_no_roster_keeps_the_rules_programs_get_one_document_and_nothing_is_written(
    rollout: Command, project: Path
) -> None:
    people = written(project, TWO)
    ended = rollout("select", "-s", "dev", "--directory", people, "--size", "3", "--out", "new.csv", "--json")
    assert ended.code == 1
    assert "people in all: at least 3, and 1 fewer can be had" in ended.document["broken"]
    assert len(ended.document["choices"]) == 2
    assert ended.document["errors"][0].startswith("no roster of these people keeps all rules")
    assert not (project / "new.csv").exists()


@pytest.mark.parametrize("juniors", ["3-2", f"1-{10**24}"])
def test_a_range_that_is_none_is_said(rollout: Command, project: Path, juniors: str) -> None:
    ended = rollout("select", "-s", "dev", "--directory", written(project, TWO), "--juniors", juniors)
    assert (ended.code, ended.err.partition(":")[0]) == (1, "rollout")
    assert "--juniors: at least" in ended.err


def test_a_cohorts_roster_is_not_written_over(rollout: Command, project: Path) -> None:
    before = (project / "rosters" / "pilot.csv").read_bytes()
    people = written(project, TWO)
    ended = rollout("select", "-s", "prod", "--directory", people, *SMALL, "--out", "rosters/../rosters/pilot.csv")
    assert ended.code == 1
    assert "the roster of pilot; write elsewhere" in ended.err
    assert (project / "rosters" / "pilot.csv").read_bytes() == before
    assert next(csv.reader(before.decode().splitlines()))[0] == "name"
