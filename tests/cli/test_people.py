"""People moved, teams renamed, and rosters taken over from what a company's systems export."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.stack_file.files import rollout_of
from cli.stack_file.roster_file import mapped, with_team_renamed
from rollout.levels import Level
from rollout.model.rollout import Rollout
from rollout.stack_file.load import load
from tests import stacks
from tests.cli.conftest import Command

HEADER = "name,email,team,role,seniority,champion,manager,rationale,github\n"
KEVIN = 'Kevin O,kevin@acme.example,backend,"Engineer, Payments",senior,yes,lead@acme.example,Asked for it,kev-o\n'
MEI = "Mei Sato,mei@acme.example,platform,,mid,,,,\n"
INCIDENT = {"id": "INC-7", "since": "2026-11-23T14:05:00Z", "reason": "a key was committed"}
AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A folder with a stack of two cohorts, each with a roster: `pilot` has Kevin and Mei, `wave2` Mei's colleague."""
    folder = tmp_path / "two"
    (folder / "rosters").mkdir(parents=True)
    (folder / "rosters" / "pilot.csv").write_text(HEADER + KEVIN + MEI, encoding="utf-8")
    (folder / "rosters" / "wave2.csv").write_text(HEADER + "Yuki,yuki@acme.example,backend,,,,,,\n", encoding="utf-8")
    document = stacks.small()
    document["cohorts"] = {
        "pilot": {"level": "active", "models": ["sonnet", "haiku"], "roster": "rosters/pilot.csv"},
        "wave2": {"level": "active", "models": ["haiku"], "roster": "rosters/wave2.csv"},
        "wave3": {"level": "planned", "models": ["haiku"], "members": {}},
    }
    write(folder, "dev", document)
    return folder


def write(folder: Path, stack: str, document: dict[str, Any]) -> None:
    config = {f"claude-code-rollout:{key}": value for key, value in document.items()}
    text = yaml.safe_dump({"config": {"aws:region": "us-east-1", **config}}, sort_keys=False)
    (folder / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")


def change(folder: Path, stack: str = "dev") -> dict[str, Any]:
    content = yaml.safe_load((folder / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    return {key.removeprefix("claude-code-rollout:"): value for key, value in content.items() if "rollout:" in key}


def read(folder: Path, stack: str = "dev") -> Rollout:
    return rollout_of(folder / f"Pulumi.{stack}.yaml")


def test_a_person_moves_with_all_that_is_said_of_them_and_nobody_else_does(rollout: Command, two: Path) -> None:
    before = read(two)
    ended = rollout("move-member", "-s", "dev", "KEVIN@acme.example", "wave2", "--yes", folder=two)
    assert ended.code == 0, ended.err
    assert "kevin@acme.example: from pilot (active) to wave2 (active); loses sonnet" in ended.out
    after = read(two)
    assert after.cohorts["wave2"].members["kevin@acme.example"] == before.cohorts["pilot"].members["kevin@acme.example"]
    assert set(after.cohorts["pilot"].members) == {"mei@acme.example"}
    assert (two / "rosters" / "pilot.csv").read_text() == HEADER + MEI
    assert rollout("move-member", "-s", "dev", "kevin@acme.example", "pilot", "--yes", folder=two).code == 0
    assert read(two) == before


@pytest.mark.parametrize("target", ["wave2", "wave3"])
def test_a_level_of_their_own_goes_along(rollout: Command, two: Path, target: str) -> None:
    document = change(two)
    own = {"level": "suspended", "incident": INCIDENT, "sessions_valid_from": "2026-11-24T00:00:00Z"}
    document["cohorts"]["pilot"]["members"] = {"kevin@acme.example": own}
    write(two, "dev", document)
    before = read(two).cohorts["pilot"].members["kevin@acme.example"]
    ended = rollout("move-member", "-s", "dev", "kevin@acme.example", target, "--yes", folder=two)
    assert ended.code == 0, ended.err
    assert read(two).cohorts[target].members["kevin@acme.example"] == before
    assert before.level is Level.SUSPENDED
    assert "kevin" not in (two / "Pulumi.dev.yaml").read_text().partition("wave2")[0]


def test_a_level_by_the_rosters_column_and_the_cohorts_incident_go_along(rollout: Command, two: Path) -> None:
    roster = two / "rosters" / "pilot.csv"
    roster.write_text(HEADER.replace("github", "github,level") + KEVIN.replace("kev-o", "kev-o,suspended"))
    document = change(two)
    document["cohorts"]["pilot"] |= {"level": "restricted", "incident": INCIDENT}
    write(two, "dev", document)
    ended = rollout("move-member", "-s", "dev", "kevin@acme.example", "wave2", "--yes", folder=two)
    assert ended.code == 0, ended.err
    after = read(two).cohorts["wave2"]
    assert after.level_of("kevin@acme.example") is Level.SUSPENDED
    assert after.members["kevin@acme.example"].incident == read(two).cohorts["pilot"].incident


def test_a_move_into_a_cohort_without_a_roster_and_back_keeps_every_field(rollout: Command, two: Path) -> None:
    before = read(two)
    assert rollout("move-member", "-s", "dev", "kevin@acme.example", "wave3", "--yes", folder=two).code == 0
    moved = read(two).cohorts["wave3"].members["kevin@acme.example"]
    assert moved == before.cohorts["pilot"].members["kevin@acme.example"]
    assert rollout("move-member", "-s", "dev", "kevin@acme.example", "pilot", "--yes", folder=two).code == 0
    assert read(two).cohorts["pilot"].members == before.cohorts["pilot"].members


def test_a_move_gives_nothing_back_that_an_incident_took(rollout: Command, two: Path) -> None:
    document = change(two)
    document["cohorts"]["pilot"] |= {"level": "suspended", "incident": INCIDENT}
    write(two, "dev", document)
    before = (two / "Pulumi.dev.yaml").read_bytes(), (two / "rosters" / "pilot.csv").read_bytes()
    ended = rollout("move-member", "-s", "dev", "kevin@acme.example", "wave2", "--yes", folder=two)
    assert ended.code == 1
    assert "is suspended in pilot, and would be active in wave2: a move gives nothing back" in ended.err
    assert ((two / "Pulumi.dev.yaml").read_bytes(), (two / "rosters" / "pilot.csv").read_bytes()) == before


def test_a_roster_without_a_column_for_what_is_said_is_named_and_nothing_moves(rollout: Command, two: Path) -> None:
    (two / "rosters" / "wave2.csv").write_text("name,email,team\nYuki,yuki@acme.example,backend\n")
    ended = rollout("move-member", "-s", "dev", "kevin@acme.example", "wave2", "--yes", folder=two)
    assert ended.code == 1
    assert "rosters/wave2.csv: the roster has no column role, seniority, champion, manager" in ended.err
    assert KEVIN in (two / "rosters" / "pilot.csv").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("kevin@acme.example", "pilot"), "kevin@acme.example is in pilot already; nothing was changed"),
        (("nobody@acme.example", "wave2"), "nobody@acme.example: in no cohort of Pulumi.dev.yaml"),
        (("kevin@acme.example", "wave9"), "cohorts.wave9: no such cohort; did you mean wave"),
    ],
)
def test_what_cannot_be_moved_is_said(rollout: Command, two: Path, words: tuple[str, str], said: str) -> None:
    ended = rollout("move-member", "-s", "dev", *words, "--yes", folder=two)
    assert (ended.code, said in ended.err) == (1, True), ended.err


def test_rosters_of_other_stacks_move_with_it_or_not_at_all(rollout: Command, two: Path) -> None:
    shutil.copy(two / "Pulumi.dev.yaml", two / "Pulumi.prod.yaml")
    ended = rollout("move-member", "-s", "dev", "kevin@acme.example", "wave2", "--yes", folder=two)
    assert ended.code == 1
    assert "rosters/pilot.csv is read by Pulumi.prod.yaml (pilot) as well: there 1 person out, 0 in" in ended.err
    assert "rosters/wave2.csv is read by Pulumi.prod.yaml (wave2) as well: there 0 people out, 1 in" in ended.err
    assert rollout("move-member", "-s", "dev", "kevin@acme.example", "wave2", "--yes", "--shared", folder=two).code == 0
    assert "kevin@acme.example" in read(two, "prod").cohorts["wave2"].members


def test_a_team_is_renamed_wherever_it_is_named_and_nothing_else_changes(rollout: Command, two: Path) -> None:
    document = change(two)
    document["cohorts"]["wave3"]["members"] = {"ann@acme.example": {"name": "Ann", "team": "backend"}}
    write(two, "dev", document)
    before = read(two)
    ended = rollout("rename-team", "-s", "dev", "backend", "R&D", "--yes", folder=two)
    assert ended.code == 0, ended.err
    after = read(two)
    assert list(after.organization.teams) == ["R&D", "platform"]
    assert after.organization.teams["R&D"] == before.organization.teams["backend"]
    people = {email: member for cohort in after.cohorts.values() for email, member in cohort.members.items()}
    assert {email for email, member in people.items() if member.team == "R&D"} == {
        "kevin@acme.example",
        "yuki@acme.example",
        "ann@acme.example",
    }
    assert '"Engineer, Payments"' in (two / "rosters" / "pilot.csv").read_text()
    assert MEI in (two / "rosters" / "pilot.csv").read_text()
    assert "what was counted of backend so far stays under that name" in ended.out


def test_the_team_of_a_machine_is_renamed_too(rollout: Command, two: Path) -> None:
    document = change(two)
    github = {"repository": "acme/payments", "environment": "review"}
    bot = {"github": github, "team": "backend", "owner": "ann@acme.example"}
    document["cohorts"]["ci"] = {"level": "active", "models": ["haiku"], "machines": {"dep-bot": bot}}
    write(two, "dev", document)
    ended = rollout("rename-team", "-s", "dev", "backend", "R&D", "--yes", folder=two)
    assert ended.code == 0, ended.err
    assert read(two).cohorts["ci"].machines["dep-bot"].team == "R&D"


def test_a_comment_beside_a_team_stays_beside_it(rollout: Command, project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    file.write_text(file.read_text().replace("      data:     {", "      # keeps the lake\n      data:     {"))
    ended = rollout("rename-team", "-s", "dev", "data", "data science", "--yes", "--shared")
    assert ended.code == 0, ended.err
    assert "# keeps the lake" in file.read_text()
    assert "data science" in rollout_of(file).organization.teams


def test_other_stacks_that_read_the_rosters_are_renamed_with_it_or_nothing_is(rollout: Command, two: Path) -> None:
    shutil.copy(two / "Pulumi.dev.yaml", two / "Pulumi.prod.yaml")
    before = (two / "Pulumi.prod.yaml").read_bytes()
    ended = rollout("rename-team", "-s", "dev", "backend", "R&D", "--yes", folder=two)
    assert ended.code == 1
    assert "Pulumi.prod.yaml" in ended.err
    assert (two / "Pulumi.prod.yaml").read_bytes() == before
    assert rollout("rename-team", "-s", "dev", "backend", "R&D", "--yes", "--shared", folder=two).code == 0
    assert "R&D" in read(two, "prod").organization.teams
    assert "R&D" in read(two).organization.teams


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("backnd", "x", "organization.teams: no such team: backnd; did you mean backend?"),
        ("backend", "platform", "organization.teams.platform: there already"),
        ("backend", "Qualität", "not a team's name"),
    ],
)
def test_what_cannot_be_renamed_is_said(rollout: Command, two: Path, old: str, new: str, said: str) -> None:
    ended = rollout("rename-team", "-s", "dev", old, new, "--yes", folder=two)
    assert (ended.code, said in ended.err) == (1, True), ended.err


EXPORT = (
    "Employee;First name;Last name;Mail;Department;Location\r\n"
    "17;Ravi;Menon;Ravi.Menon@acme.example;Platform Engineering;Pune\r\n"
    "\r\n"
    '18;Yuki;Mori;yuki.mori@acme.example;"Back-\r\nend";Kyoto\r\n'
)


def test_an_export_is_taken_over_by_its_own_column_names(rollout: Command, two: Path) -> None:
    (two / "hr.csv").write_text(EXPORT, encoding="utf-8", newline="")
    columns = ("--column", "name=First name+Last name", "--column", "email=Mail", "--column", "team=Department")
    teams = ("--team", "Platform Engineering=platform", "--team", "back- end=backend")
    ended = rollout("import-roster", "-s", "dev", "wave3", "hr.csv", *columns, *teams, "--yes", folder=two)
    assert ended.code == 1
    assert "hr.csv:5: team: no such team in organization.teams: Back- end" in ended.err
    (two / "hr.csv").write_text(EXPORT.replace('"Back-\r\nend"', "backend"), encoding="utf-8", newline="")
    ended = rollout("import-roster", "-s", "dev", "wave3", "hr.csv", *columns, *teams, "--yes", folder=two)
    assert ended.code == 0, ended.err
    assert "left out of hr.csv: employee, location" in ended.out
    people = read(two).cohorts["wave3"].members
    assert {email: (each.name, each.team) for email, each in people.items()} == {
        "ravi.menon@acme.example": ("Ravi Menon", "platform"),
        "yuki.mori@acme.example": ("Yuki Mori", "backend"),
    }


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("email=Post", "--column email=Post: the file has no such column; allowed: department, employee"),
        ("mail=Mail", "no such column of a roster: mail"),
        ("email", "not NAME=VALUE: email"),
    ],
)
def test_a_column_that_is_not_there_is_named(rollout: Command, two: Path, option: str, said: str) -> None:
    (two / "hr.csv").write_text(EXPORT, encoding="utf-8", newline="")
    ended = rollout("import-roster", "-s", "dev", "wave3", "hr.csv", "--column", option, "--yes", folder=two)
    assert ended.code in {1, 2}
    assert said in " ".join(ended.err.split()), ended.err


def test_lines_of_a_mapped_file_keep_their_numbers() -> None:
    text, left = mapped("a,Mail\n1,x@y.example\n\n2,z@y.example", {"email": "Mail"}, {})
    assert (text, left) == ("email\nx@y.example\n\nz@y.example", ["a"])


def test_a_roster_whose_rows_name_no_team_is_left_as_it_is() -> None:
    assert with_team_renamed("name,email\nA,a@b.example\n", "backend", "x") == "name,email\nA,a@b.example\n"


@pytest.mark.parametrize("team", ["R&D", "C++ Tools", "Data / ML", "Ops (EU)"])
def test_a_team_may_be_called_as_companies_call_them(team: str) -> None:
    document = stacks.small()
    document["organization"]["teams"][team] = {"headcount": 3}
    document["cohorts"]["pilot"]["members"]["alice.chen@acme.example"]["team"] = team
    found = load(stacks.config(document), stacks.COMPANY, AT)
    assert found.cohorts["pilot"].members["alice.chen@acme.example"].team == team


@pytest.mark.parametrize("team", ["../../etc", "R#D", "=cmd", "Qualität", "a\nb", "a`b", "a<b", "a|b", "a%b"])
def test_a_team_may_not_be_called_what_a_key_a_file_or_a_metric_cannot_hold(team: str) -> None:
    document = stacks.small()
    document["organization"]["teams"][team] = {"headcount": 3}
    with pytest.raises(Exception, match="not a team's name"):
        load(stacks.config(document), stacks.COMPANY, AT)


@pytest.mark.parametrize("team", ["on", "No"])
def test_a_team_may_be_called_what_yaml_takes_for_something_else(rollout: Command, two: Path, team: str) -> None:
    ended = rollout("rename-team", "-s", "dev", "backend", team, "--yes", folder=two)
    assert ended.code == 0, ended.err
    assert team in read(two).organization.teams
    assert read(two).cohorts["pilot"].members["kevin@acme.example"].team == team


def test_a_roster_keeps_the_mark_by_which_excel_knows_its_encoding(rollout: Command, two: Path) -> None:
    roster = two / "rosters" / "pilot.csv"
    roster.write_bytes(b"\xef\xbb\xbf" + roster.read_bytes())
    assert rollout("move-member", "-s", "dev", "kevin@acme.example", "wave2", "--yes", folder=two).code == 0
    assert roster.read_bytes().startswith(b"\xef\xbb\xbfname,")
    assert roster.read_bytes().count(b"\xef\xbb\xbf") == 1
